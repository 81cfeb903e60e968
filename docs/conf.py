"""The documentation site: `make docs` builds it from these Markdown files."""

project = "PicProcure"
author = "The PicProcure maintainers"

extensions = ["myst_parser"]
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 4  # links to headings work as they do on a page of the repository
highlight_language = "none"
nitpicky = True

html_theme = "furo"  # loads no font or script from other servers
html_title = "PicProcure"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"light_css_variables": {"font-stack": "system-ui, sans-serif"}}
