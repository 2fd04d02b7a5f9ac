"""Who acts when nobody does: the guards themselves."""

from mimawari.records.principal import Principal

GUARDS = Principal("system", "guards", "guards")
