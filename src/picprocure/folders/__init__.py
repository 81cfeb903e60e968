"""Folders of photos, sorted without a site: no Django, no database."""
