"""Log in, log out, change one's password: Django's own views, our templates."""

from __future__ import annotations

from django.contrib.auth import views
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from mimawari.service.accounts.guard import needs, public
from mimawari.service.accounts.permissions import Permission


class PasswordChange(SuccessMessageMixin, views.PasswordChangeView):  # type: ignore[type-arg]
    """Django's page, saying afterwards that it is done; other sessions of the account end."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("console:home")
    success_message = _("Your password is changed.")


app_name = "accounts"
urlpatterns = [
    path(
        "login",
        public(
            views.LoginView.as_view(
                template_name="accounts/login.html", redirect_authenticated_user=True
            )
        ),
        name="login",
    ),
    path("logout", public(views.LogoutView.as_view()), name="logout"),
    path("password", needs(Permission.CONSOLE)(PasswordChange.as_view()), name="password"),
]
