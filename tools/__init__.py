"""For those who work on the product: the layer, the definition's linter, the tables of the documents."""
