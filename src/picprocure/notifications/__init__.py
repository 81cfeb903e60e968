"""Mails: written in the transaction of their reason, stored as rows until they are sent."""
