"""Mails: kept as rows until they are sent."""
