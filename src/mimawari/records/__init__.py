"""What crosses a border between rooms: frozen typed structs with their codecs."""
