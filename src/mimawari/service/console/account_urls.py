"""Log in, log out, and one's own account; names of allauth's are in `sign_in_urls`."""

from __future__ import annotations

from django.contrib.auth import views
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from mimawari.service.accounts.guard import needs, public
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.sign_in import account_page
from mimawari.service.console.sign_in.log_in_pages import LogIn


class PasswordChange(SuccessMessageMixin, views.PasswordChangeView):  # type: ignore[type-arg]
    """Django's page, saying afterwards that it is done; other sessions of the account end."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("console:home")
    success_message = _("Your password is changed.")


app_name = "accounts"
urlpatterns = [
    path("login", public(LogIn.as_view()), name="login"),
    path("logout", public(views.LogoutView.as_view()), name="logout"),
    path("password", needs(Permission.CONSOLE)(PasswordChange.as_view()), name="password"),
    path("account", account_page.mine, name="mine"),
    path("account/sessions", account_page.end_session, name="end_session"),
]
