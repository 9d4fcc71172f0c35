"""Orderwire: between a supplier's buyers (EDIFACT, cXML, REST) and its Microsoft Dynamics NAV."""

from importlib.metadata import version

__version__ = version("orderwire")
