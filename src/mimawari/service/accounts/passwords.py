"""Which passwords are strong enough: Django's validators decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def check(user: User, password: str) -> None:
    """Refuse a password that is too weak for an account.

    Raises
    ------
    InvalidInputError
        It is.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        problem = FieldProblem("password", " ".join(error.messages), "choose a longer one")
        raise InvalidInputError(problem) from error
