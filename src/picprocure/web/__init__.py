"""The web site: URLs, views, forms and templates."""
