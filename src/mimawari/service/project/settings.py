"""Django's settings, all derived from `config`."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF

from mimawari.service.project import config, mail, sign_in
from mimawari.service.project.database import database
from mimawari.service.project.private import make_file, make_folder

CONFIG = config.load()
DATABASES = {
    "default": database(
        CONFIG.database_url, CONFIG.database_timeout_seconds, CONFIG.database_connections
    )
}
if CONFIG.database_url.startswith("sqlite:"):
    _file = Path(str(DATABASES["default"]["NAME"]))
    make_folder(_file.parent)
    make_file(_file)
SECRET_KEY = config.secret_key(CONFIG.state_dir)
DEBUG = False
ALLOWED_HOSTS = list(CONFIG.allowed_hosts)
ROOT_URLCONF = "mimawari.service.project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "mimawari.service.platform",
    "mimawari.service.audit",
    "mimawari.service.accounts",
    "mimawari.service.alarms",
    "mimawari.service.catalogue",
    "mimawari.service.releases",
    "mimawari.service.intake",
    "mimawari.service.media",
    "mimawari.service.scoring",
    "mimawari.service.actions",
    "mimawari.service.admission",
    "mimawari.service.history",
    "mimawari.service.review",
    "mimawari.service.delivery",
    "mimawari.service.trials",
    "mimawari.service.guards",
    "mimawari.service.flows",
    "mimawari.service.search",
    "mimawari.service.monitoring",
    "mimawari.service.retention",
    "mimawari.service.console",
    # After the console, so that its templates come before theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mimawari.service.project.headers.PrivatePages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "mimawari.service.console.store_away.StoreAway",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "mimawari.service.accounts.open_sessions.SessionsSeen",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "mimawari.service.accounts.guard.permitted",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AXES_FAILURE_LIMIT = CONFIG.login_attempts
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "mimawari.service.accounts.throttle.Throttle"
AXES_CLIENT_IP_CALLABLE = "mimawari.service.accounts.client_address.client_address"
AXES_LOCKOUT_TEMPLATE = "429.html"
# What is typed instead of a password is kept as little as that.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "credential"]

# Names and addresses are counted by axes alone (above), codes by accounts.code_uses.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
ACCOUNT_ADAPTER = "mimawari.service.accounts.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_METHODS = ["password"]
ACCOUNT_LOGIN_TIMEOUT = 300  # seconds from the password to the second factor
MFA_ADAPTER = "mimawari.service.accounts.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # there are no e-mail addresses
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not CONFIG.https  # browsers allow it for localhost alone
SOCIALACCOUNT_ADAPTER = "mimawari.service.accounts.adapters.Provider"
SOCIALACCOUNT_PROVIDERS = sign_in.providers(CONFIG)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, *CONFIG.image_origins],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
CSRF_FAILURE_VIEW = "mimawari.service.console.painted.csrf_failure"
CSRF_TRUSTED_ORIGINS = list(CONFIG.trusted_origins)
SESSION_COOKIE_AGE = 12 * 3600  # a shift without a decision, then log in again
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = CONFIG.https
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Strict"
SECURE_SSL_REDIRECT = CONFIG.https
if CONFIG.https:  # a proxy ends TLS and says so; without this every page would redirect to itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = CONFIG.hsts_seconds if CONFIG.https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATIC_ROOT = None  # assets are served from the packages (below): nothing to collect
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

EMAIL_HOST, EMAIL_PORT = CONFIG.mail_server, CONFIG.mail_port
EMAIL_USE_TLS, EMAIL_USE_SSL = CONFIG.mail_tls == "starttls", CONFIG.mail_tls == "tls"
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = CONFIG.mail_user, mail.password(CONFIG)
EMAIL_TIMEOUT = 20  # seconds; nobody waits for it but the thread that sends

LANGUAGE_CODE = CONFIG.language
LANGUAGES = [("en", "English"), ("ja", "日本語")]
TIME_ZONE = "UTC"
USE_TZ = True
