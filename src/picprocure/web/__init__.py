"""The site: addresses, views, forms, templates."""
