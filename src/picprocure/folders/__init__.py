"""Sorting of local photo folders, without the web application: no Django, no database."""
