"""What NAV's fields, parts and options are called elsewhere: captions of localisations, other spellings."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

#: Our name → captions of NAV's localisations (German, French, Spanish, Italian, Dutch, Danish), and other spellings.
CAPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "No": ("Nr.", "N°", "Nº", "Nummer"),
    "Description": ("Beschreibung", "Désignation", "Descripción", "Descrizione", "Omschrijving", "Beskrivelse"),
    "Name": ("Nom", "Nombre", "Nome", "Naam", "Navn"),
    "Code": ("Cód.", "Código", "Codice", "Kode"),
    "Blocked": ("Gesperrt", "Bloqué", "Bloqueado", "Bloccato", "Geblokkeerd", "Spærret"),
    "Base_Unit_of_Measure": (
        "Basiseinheit", "Basiseinheitencode", "Unité de base", "Unidad medida base", "Unità di misura base",
        "Basiseenheid", "Basisenhed", "Base UoM",
    ),
    "Inventory": (
        "Lagerbestand", "Bestand", "Stocks", "Inventario", "Existencias", "Giacenza", "Voorraad", "Beholdning",
        "InventoryNonFoundation", "Qty. on Hand",
    ),
    "Qty_on_Sales_Order": (
        "Menge in Auftrag", "Menge in Verkaufsauftrag", "Qté sur commande vente", "Qté sur commandes vente",
        "Cant. en pedidos venta", "Q.tà su ordine di vendita", "Aantal in verkooporder", "Antal i salgsordre",
    ),
    "GTIN": ("EAN", "EAN No.", "EAN Code"),
    "Unit_Price": (
        "VK-Preis", "Verkaufspreis", "Prix unitaire", "Precio venta", "Prezzo unitario", "Eenheidsprijs",
        "Verkoopprijs", "Enhedspris", "Salgspris", "Unit Price Excl. VAT",
    ),
    "Sell_to_Customer_No": (
        "Verk. an Deb.-Nr.", "Verkauf an Deb.-Nr.", "N° donneur d'ordre", "Venta a-Nº cliente",
        "Nr. cliente di vendita", "Orderklantnr.", "Kundenr.", "Sell-to Cust. No.",
    ),
    "Sell_to_Customer_Name": (
        "Verk. an Name", "Verkauf an Name", "Nom du donneur d'ordre", "Venta a-Nombre", "Nome cliente di vendita",
        "Orderklant", "Kundenavn", "Sell-to Name",
    ),
    "External_Document_No": (
        "Externe Belegnummer", "Externe Belegnr.", "N° doc. externe", "N° document externe", "Nº documento externo",
        "Nr. documento esterno", "Extern documentnr.", "Eksternt bilagsnr.", "Ext. Doc. No.",
    ),
    "Order_Date": ("Auftragsdatum", "Date commande", "Fecha pedido", "Data ordine", "Orderdatum", "Ordredato"),
    "Requested_Delivery_Date": (
        "Gewünschtes Lieferdatum", "Gewünschtes Lief.-Datum", "Date livraison demandée", "Fecha entrega requerida",
        "Data consegna richiesta", "Gevraagde leverdatum", "Ønsket leveringsdato",
    ),
    "Currency_Code": (
        "Währungscode", "Code devise", "Cód. divisa", "Cód. valuta", "Cod. valuta", "Valutacode", "Valutakode",
    ),
    "Status": ("Statut", "Estado", "Stato"),
    "SalesLines": (
        "Sales Order Lines", "Lines", "Verkaufszeilen", "Zeilen", "Lignes vente", "Lignes", "Líneas", "Righe",
    ),
    "Type": ("Art", "Tipo", "Soort"),
    "Quantity": ("Menge", "Quantité", "Cantidad", "Quantità", "Aantal", "Antal"),
    "Unit_of_Measure_Code": (
        "Einheitencode", "Code unité", "Cód. unidad medida", "Cod. unità di misura", "Eenheidscode", "Enhedskode",
        "UoM Code",
    ),
    "Line_No": ("Zeilennr.", "N° ligne", "Nº línea", "Nr. riga", "Regelnr.", "Linjenr."),
    "Location_Code": (
        "Lagerortcode", "Code magasin", "Cód. almacén", "Cod. ubicazione", "Vestigingscode", "Vestiging",
        "Lokationskode",
    ),
    "Variant_Code": (
        "Variantencode", "Code variante", "Cód. variante", "Cod. variante", "Variantcode", "Variantkode",
    ),
    "Item_No": ("Artikelnr.", "N° article", "Nº producto", "Nr. articolo", "Varenr."),
    "Qty_per_Unit_of_Measure": (
        "Menge pro Einheit", "Quantité par unité", "Cdad. por unidad medida", "Q.tà per unità di misura",
        "Aantal per eenheid", "Antal pr. enhed", "Qty per UoM",
    ),
    "Order_No": ("Auftragsnr.", "N° commande", "Nº pedido", "Nr. ordine", "Ordernr.", "Ordrenr.", "Sales Order No."),
}  # fmt: skip
#: Our option → its captions.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Item": ("Artikel", "Article", "Producto", "Articolo", "Vare", "Items"),
    "Open": ("Offen", "Ouvert", "Abierto", "Aperto", "Åben"),
    "Released": ("Freigegeben", "Lancé", "Lanzado", "Rilasciato", "Vrijgegeven", "Frigivet"),
    "Ship": ("Liefern", "Livraison", "Envío", "Spedizione", "Verzenden", "Lever"),
    "Invoice": ("Fakturieren", "Facture", "Factura", "Fattura", "Factureren", "Faktura"),
    "All": ("Alle", "Tous", "Todos", "Tutto"),
}

_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Words that say the same in names.
_SAME: Final = {"quantity": "qty", "number": "no", "nr": "no", "num": "no", "cust": "customer", "doc": "document"}
#: From here on a word is taken for another spelling, or a shortening, of another.
_LIKE: Final = 0.8


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """Return a name without what differs between a caption, its XML name and its spelling: `Verk. an Deb.-Nr.`."""
    text = (
        _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name).replace("ß", "ss").replace("ø", "o").replace("æ", "ae")
    )
    plain = unicodedata.normalize("NFKD", text.replace("Ø", "O").replace("Æ", "Ae").replace("º", "o"))
    return "".join(char for char in plain if char.isascii() and char.isalnum()).lower()


@lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)
    return tuple(_SAME.get(word.lower(), word.lower()) for word in _WORD.findall(text))


def same(ours: str, theirs: str) -> bool:
    """Whether a name certainly means ours: it is ours, spelt otherwise, or one of its captions."""
    captions = CAPTIONS.get(ours, ()) or OPTIONS.get(ours, ())
    return _words(ours) == _words(theirs) or folded(theirs) in {folded(caption) for caption in (ours, *captions)}


def meant(ours: str, names: Iterable[str]) -> str | None:
    """Return the name that certainly means ours; None: there is none, or more than one."""
    names = tuple(names)
    if ours in names:
        return ours
    found = [name for name in names if same(ours, name)]
    return found[0] if len(found) == 1 else None


def alike(ours: str, names: Iterable[str]) -> str | None:
    """Return the name that looks most like ours, word for word; to be shown to a person, never to be relied on."""
    wanted = _words(ours)
    scored = [(_likeness(wanted, _words(name)), name) for name in names]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE else None


def _likeness(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Return how like the least like word is; 0: the names have not the same number of words."""
    if len(ours) != len(theirs) or not ours:
        return 0.0
    return min(_word_likeness(word, other) for word, other in zip(ours, theirs, strict=True))


def _word_likeness(word: str, other: str) -> float:
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) > 2 and longer.startswith(shorter):
        return 1.0
    return SequenceMatcher(None, word, other).ratio()
