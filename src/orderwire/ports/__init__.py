"""What the inside needs of the outside: small protocols, with the contract in prose above each.

`intake` decodes and encodes documents, `erp` is Dynamics NAV, `queue` is the broker, `store` the database,
`ledger` its acknowledgements, `clock` is time. Errors are those of `orderwire.errors`; each port says which.
"""
