"""What each page needs: a permission, declared on its view, or nothing at all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from mimawari.service.accounts import second_factor
from mimawari.service.accounts.authority import of_user

if TYPE_CHECKING:
    from django.http import HttpRequest

    from mimawari.service.accounts.permissions import Authority, Permission

DECLARED = "mimawari_permission"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def authority_in(request: HttpRequest) -> Authority:
    """Give what the account of a request may do; looked up once a request."""
    authority: Authority | None = getattr(request, "mimawari_authority", None)
    if authority is None:
        authority = of_user(request.user)
        request.mimawari_authority = authority  # type: ignore[attr-defined]
    return authority


def account_in(request: HttpRequest) -> User:
    """Give the account of a request that `needs` let in."""
    assert isinstance(request.user, User)
    return request.user


def needs(permission: Permission, *, to_enrol: bool = False) -> Callable[[View], View]:
    """Let in only accounts with a permission, and declare it on the view.

    Parameters
    ----------
    to_enrol
        Whether a required second factor is added on the page, and so need not be there yet.
    """

    def decorate(view: View) -> View:
        @login_required
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not authority_in(request).may(permission):
                raise PermissionDenied
            if not to_enrol and second_factor.is_lacking(request):
                return redirect("accounts:mine")
            return view(request, *args, **kwargs)

        return declare(guarded, permission)  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """Declare that a view is for everybody."""

    @functools.wraps(view)
    def shown(*args: object, **kwargs: object) -> HttpResponseBase:
        return view(*args, **kwargs)

    return declare(shown, None)  # type: ignore[return-value]


def declare(view: View, permission: Permission | None) -> View:
    """Note on a view what it needs."""
    setattr(view, DECLARED, permission)
    return view


def permitted(request: HttpRequest) -> dict[str, object]:
    """Give templates ``permitted``: the permissions of who looks, to show only their links."""
    return {"permitted": SimpleLazyObject(lambda: authority_in(request).permissions)}
