"""Log in, log out, change one's password: Django's own views, our templates."""

from __future__ import annotations

from django.contrib.auth import views
from django.urls import path, reverse_lazy

app_name = "accounts"
urlpatterns = [
    path(
        "login",
        views.LoginView.as_view(
            template_name="accounts/login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout", views.LogoutView.as_view(), name="logout"),
    path(
        "password",
        views.PasswordChangeView.as_view(
            template_name="accounts/password.html", success_url=reverse_lazy("review:home")
        ),
        name="password",
    ),
]
