"""Banks of known pictures: what was found bad or good once is known again, resized or not."""

from mimawari.detectors.banks.detector import BankDetector
from mimawari.detectors.banks.entries import Entry, Verdict, entry_of
from mimawari.detectors.banks.files import Bank, add, load, remove

__all__ = ["Bank", "BankDetector", "Entry", "Verdict", "add", "entry_of", "load", "remove"]
