"""The ablation of the methods on CamVid: which choices earn their place in a recipe."""
