"""ISO 4217 currencies and their minor units."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from mimawari.errors import FieldProblem, InvalidInputError

MOST_AMOUNT = 10**16
"""Amounts in major units lie below; what a listing may cost is narrower."""
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
    "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR "
    "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Decimal places of each currency's minor unit (ISO 4217, list one)."""

LETTERS = "three letters such as USD, EUR or JPY"
_COMMON = {
    "dollar": "USD", "usdollar": "USD", "$": "USD", "yen": "JPY", "円": "JPY", "¥": "JPY",
    "euro": "EUR", "€": "EUR", "pound": "GBP", "£": "GBP", "sterling": "GBP", "won": "KRW",
    "₩": "KRW", "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "元": "CNY", "rupee": "INR",
    "₹": "INR", "baht": "THB", "฿": "THB", "peso": "PHP", "dong": "VND", "₫": "VND",
    "rupiah": "IDR", "ringgit": "MYR", "ntd": "TWD", "ruble": "RUB", "₽": "RUB", "zloty": "PLN",
    "franc": "CHF", "lira": "TRY", "₺": "TRY", "real": "BRL", "reais": "BRL",
}  # fmt: skip
"""Codes of what people call currencies, without an s at the end."""


def code_for(name: str) -> str:
    """Say which code to use instead of one that is unknown.

    Examples
    --------
    >>> code_for("pounds"), code_for("usd")
    ('did you mean GBP?', 'did you mean USD?')
    >>> code_for("shells")
    'use its ISO 4217 code, three letters such as USD, EUR or JPY'
    """
    written = name.strip()
    plain = written.lower().replace(" ", "").replace(".", "")
    near = written.upper() if written.upper() in EXPONENTS else None
    near = near or _COMMON.get(plain) or _COMMON.get(plain.removesuffix("s"))
    return f"did you mean {near}?" if near else f"use its ISO 4217 code, {LETTERS}"


def exponent(currency: str) -> int:
    """Give the decimal places of a currency.

    Raises
    ------
    InvalidInputError
        Where the code is not in ISO 4217.

    Examples
    --------
    >>> exponent("JPY"), exponent("USD"), exponent("KWD")
    (0, 2, 3)
    """
    if currency not in EXPONENTS:
        problem = f"{currency[:20]!r} is unknown"
        raise InvalidInputError(FieldProblem("currency", problem, code_for(currency[:20])))
    return EXPONENTS[currency]


def to_minor(amount: object, currency: str) -> int:
    """Turn an amount in major units into minor units, rounded half to even.

    Examples
    --------
    >>> to_minor("12.50", "USD"), to_minor(1200, "JPY")
    (1250, 1200)
    """
    places = exponent(currency)
    shown = repr(str(amount)[:40])
    try:
        value = Decimal(str(amount))
        if value.is_finite() and abs(value) >= MOST_AMOUNT:
            raise InvalidInputError(
                FieldProblem("price", f"is {shown}", f"give less than {MOST_AMOUNT:,}")
            )
        return int((value * 10**places).quantize(Decimal(1), ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError) as error:  # decimal's own errors are arithmetic ones
        problem = f"{shown} is no amount"
        remedy = "write a number without separators of thousands: 1200.50"
        raise InvalidInputError(FieldProblem("price", problem, remedy)) from error


def from_minor(minor: int, currency: str) -> Decimal:
    """Turn minor units into an exact amount in major units.

    Examples
    --------
    >>> from_minor(1250, "USD"), from_minor(1200, "JPY")
    (Decimal('12.50'), Decimal('1200'))
    """
    return Decimal(minor).scaleb(-exponent(currency))
