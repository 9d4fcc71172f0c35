"""A virtual buyer: a procurement system that shops by punch-out and orders over cXML, with the habits of real ones."""
