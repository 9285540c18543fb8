"""Who may look: whoever has the token, through a name of ours, from a page of ours."""

import hmac
import ipaddress
import platform
import secrets
from collections.abc import Collection
from urllib.parse import urlsplit

#: So long that guessing is hopeless, bytes.
_TOKEN_BYTES = 24


class Access:
    """The secret of one page, made anew at every start.

    The token stands in the link that opens the page. A browser that brings it gets a pass, which is another
    secret and stands in a cookie, so that the link stays out of its history.

    Args:
        is_local: whether the page listens on this machine alone; then it answers to no name but that.
        names: by which it may be asked for besides.
    """

    def __init__(self, *, is_local: bool, names: Collection[str] = ()) -> None:
        self.token, self.browser_pass = (secrets.token_urlsafe(_TOKEN_BYTES) for _ in range(2))
        self._is_local = is_local
        own = platform.node().partition(".")[0].lower()
        network = set() if is_local else {own, f"{own}.local", platform.node().lower()}
        self._names = {"localhost", *network, *(name.lower() for name in names)}

    def is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())

    def is_pass(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.browser_pass.encode())

    def is_own_host(self, host: str) -> bool:
        """Whether a request's Host is one of ours. A page elsewhere can point a name of its own at our address
        (DNS rebinding), but it cannot make an address or `localhost` its own.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._names
        return address.is_loopback if self._is_local else True

    def is_own_origin(self, origin: str | None, host: str, *, is_change: bool) -> bool:
        """Whether a request comes from our own page; one that changes something has to say so."""
        return not is_change if origin is None else origin == f"http://{host}"
