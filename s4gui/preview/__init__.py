"""The instant preview: filter features, trees and edge-aware refinement, in its own process."""
