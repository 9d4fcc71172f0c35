"""Dynamics NAV over SOAP: stock, items, customers, sales orders."""
