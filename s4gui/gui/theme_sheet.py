"""The style sheet of the window, from colour roles; spacing in steps of 4 px."""

from __future__ import annotations

from collections.abc import Mapping

_SHEET = """
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {border}; padding: 4px 6px; }}
QMainWindow, QDialog {{ background: {window}; }}
QSplitter::handle {{ background: {border}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}

#topbar {{ background: {panel}; border-bottom: 1px solid {border}; }}
#panel {{ background: {panel}; }}
#panel > QWidget#panel_body {{ background: {panel}; }}
#heading {{ color: {text_dim}; font-weight: 600; }}
#dim, QLabel[dim="true"] {{ color: {text_dim}; }}
#title {{ font-size: 15pt; font-weight: 600; }}
#strong {{ font-weight: 600; }}
#good {{ color: {good}; }}
#bad {{ color: {bad}; }}
#caption {{ color: {text_dim}; padding: 4px 8px; }}
#line {{ background: {border}; max-height: 1px; min-height: 1px; }}

QMenuBar {{ background: transparent; padding: 0; }}
QMenuBar::item {{ padding: 6px 9px; border-radius: 4px; background: transparent; color: {text}; }}
QMenuBar::item:selected {{ background: {hover}; }}
QMenu {{ background: {raised}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 10px; border-radius: 4px; color: {text}; }}
QMenu::item:selected {{ background: {selection}; }}
QMenu::item:disabled {{ color: {text_disabled}; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 6px; }}
QMenu::icon {{ padding-left: 8px; }}

QPushButton {{ background: {raised}; color: {text}; border: 1px solid {border};
  border-radius: 5px; padding: 5px 12px; min-height: 16px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {selection}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {text_disabled}; background: {panel}; }}
QPushButton#primary, QDialog QPushButton:default {{ background: {accent};
  color: {accent_text}; border-color: {accent}; }}
QPushButton#primary {{ font-weight: 600; }}
QPushButton#primary:hover, QDialog QPushButton:default:hover {{ border-color: {text}; }}
QPushButton#primary:disabled, QDialog QPushButton:default:disabled {{ background: {raised};
  color: {text_disabled}; border-color: {border}; }}
QPushButton#flat {{ background: transparent; border: none; padding: 4px 8px; color: {accent}; }}
QPushButton#flat:hover {{ background: {hover}; }}

QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 5px;
  padding: 4px; color: {text}; }}
QToolButton:hover {{ background: {hover}; }}
QToolButton:checked {{ background: {selection}; border-color: {accent}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {text_disabled}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
#outlined, #primary {{ border: 1px solid {border}; background: {raised}; padding: 5px 12px;
  border-radius: 5px; }}
#outlined:hover {{ background: {hover}; }}
#primary {{ background: {accent}; color: {accent_text}; border-color: {accent};
  font-weight: 600; }}
#primary:hover {{ border-color: {text}; background: {accent}; }}
#primary:disabled {{ background: {raised}; color: {text_disabled}; border-color: {border}; }}
QLineEdit[wrong="true"], QLineEdit[wrong="true"]:focus {{ border-color: {bad}; }}
#count {{ padding: 2px 0; font-size: 8pt; color: {text_dim}; }}
#project_button {{ font-weight: 600; padding: 5px 10px; }}
#fold {{ font-weight: 600; padding: 4px 2px; color: {text_dim}; }}
#segment {{ border-radius: 0; border: 1px solid {border}; background: {raised};
  padding: 5px 16px; margin: 0; }}
#segment:hover {{ background: {hover}; }}
#segment:checked {{ background: {accent}; color: {accent_text}; border-color: {accent};
  font-weight: 600; }}
#segment[place="first"] {{ border-top-left-radius: 6px; border-bottom-left-radius: 6px; }}
#segment[place="last"] {{ border-top-right-radius: 6px; border-bottom-right-radius: 6px; }}

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextBrowser {{
  background: {base}; color: {text}; border: 1px solid {border}; border-radius: 5px;
  padding: 4px 6px; selection-background-color: {accent}; selection-color: {accent_text}; }}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {{
  border-color: {accent}; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{
  color: {text_disabled}; background: {panel}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: {down}; width: 10px; height: 10px; }}
QSpinBox, QDoubleSpinBox {{ padding: 4px 20px 4px 6px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ background: transparent;
  border: none; width: 18px; subcontrol-origin: border; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin-top: 2px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin-bottom: 2px; }}
QAbstractSpinBox::up-arrow {{ image: {up}; width: 8px; height: 8px; }}
QAbstractSpinBox::down-arrow {{ image: {down}; width: 8px; height: 8px; }}
QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {border};
  border-radius: 4px; background: {base}; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; image: {tick}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {accent}; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {border};
  border-radius: 8px; background: {base}; }}
QRadioButton::indicator:checked {{ background: {accent}; border: 4px solid {base}; width: 8px;
  height: 8px; outline: 1px solid {accent}; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {text_disabled}; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {border};
  selection-background-color: {selection}; selection-color: {text}; outline: none; }}

QListView, QTableView, QTreeView, QListWidget, QTableWidget {{ background: {base};
  border: 1px solid {border}; border-radius: 5px; outline: none; color: {text};
  selection-background-color: {selection}; selection-color: {text}; gridline-color: {border}; }}
QListWidget::item {{ padding: 5px 8px; }}
#bare_list::item {{ padding: 0; }}
QTableView::item {{ padding: 0 4px; }}
QTreeView::item {{ padding: 4px 4px; }}
QTreeView::indicator {{ width: 14px; height: 14px; border: 1px solid {text_dim};
  border-radius: 3px; background: {base}; }}
QTreeView::indicator:checked {{ background: {accent}; border-color: {accent}; image: {tick}; }}
QTreeView::indicator:indeterminate {{ background: {accent}; border: 4px solid {base}; }}
#bare_list {{ border: none; border-radius: 0; background: {panel}; }}
#tag_list {{ border: none; border-radius: 0; background: {panel}; }}
#tag_list::item {{ padding: 5px 12px; }}
#tag_list::item:hover {{ background: {hover}; }}
QHeaderView {{ background: {base}; border: none; }}
QHeaderView::section {{ background: {base}; color: {text_dim}; border: none;
  border-bottom: 1px solid {border}; padding: 4px 6px; }}
QTableCornerButton::section {{ background: {base}; border: none; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; margin: 1px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {text_dim}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollArea {{ border: none; background: transparent; }}

QSlider::groove:horizontal {{ height: 4px; background: {border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::sub-page:horizontal:disabled {{ background: {border}; }}
QSlider::handle:horizontal {{ background: {text}; width: 12px; height: 12px; margin: -4px 0;
  border-radius: 6px; }}
QSlider::handle:horizontal:disabled {{ background: {text_disabled}; }}
QProgressBar {{ background: {border}; border: none; border-radius: 3px; max-height: 6px;
  min-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QTabBar::tab {{ padding: 6px 12px; color: {text_dim}; border: none;
  border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {border}; }}

QStatusBar {{ background: {panel}; border-top: 1px solid {border}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ padding: 1px 6px; color: {text_dim}; }}
#notice {{ background: {raised}; border-bottom: 1px solid {border}; }}
#notice[kind="error"] {{ border-left: 4px solid {bad}; }}
#notice[kind="warning"] {{ border-left: 4px solid {warning}; }}
#notice[kind="info"] {{ border-left: 4px solid {accent}; }}
#banner {{ background: {warning}; }}
#banner QLabel {{ color: #1d1a12; }}
#hint {{ background: {raised}; border: 1px solid {border}; border-radius: 8px;
  padding: 8px 14px; color: {text}; }}
#tour {{ background: {raised}; border: 1px solid {accent}; border-radius: 8px; }}
#palette {{ background: {panel}; border: 1px solid {accent}; border-radius: 8px; }}
#palette_list {{ border: none; background: {panel}; }}
#flat_small {{ color: {text_dim}; padding: 2px 6px; font-size: 11px; }}
#flat_small:hover {{ color: {text}; background: {hover}; }}
#flat_small:checked {{ color: {accent}; background: transparent; border-color: transparent; }}
#key_cap {{ background: {raised}; border: 1px solid {border}; border-radius: 5px; }}
#card {{ background: {base}; border: 1px solid {border}; border-radius: 6px; }}
"""


def style_sheet(roles: Mapping[str, str], marks: Mapping[str, str]) -> str:
    """The sheet with the colours of these roles; `marks` are url(...) of up, down and tick."""
    return _SHEET.format(**roles, **marks)
