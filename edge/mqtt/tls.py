"""TLS: what we trust, what we show, and why a handshake failed."""

import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.config import KEY_CREDENTIAL, MqttConfig, find_credential
from edge.errors import ConfigError

#: How long a broker may take to say what it thinks of our certificate, seconds.
_PATIENCE_S = 2.0

#: OpenSSL's verdicts on a certificate, X509_V_ERR_… of x509_vfy.h.
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME = frozenset({62, 63, 64})

#: What the other side says of our own certificate (the alerts of RFC 8446, 6.2), and what to do. The first that
#: is found in OpenSSL's text counts. In TLS 1.2 a missing one is a failed handshake.
_ALERTS = {
    "certificate required": "wants a certificate of ours; set mqtt.client_cert_file and mqtt.client_key_file",
    "handshake failure": "breaks off the handshake; does it want our certificate (mqtt.client_cert_file)?",
    "certificate expired": "says that our certificate has expired; renew the one of mqtt.client_cert_file",
    "certificate revoked": "says that our certificate was revoked; renew the one of mqtt.client_cert_file",
    "unknown ca": "does not know the authority that signed our certificate (mqtt.client_cert_file)",
    "certificate": "refuses our certificate (mqtt.client_cert_file)",
    "protocol version": "speaks no version of TLS that we do; expected 1.2 or 1.3",
    "wrong version number": "does not talk TLS at this port; is mqtt.port right?",
    "record layer failure": "does not talk TLS at this port; is mqtt.port right?",
}


class _Context(ssl.SSLContext):
    """Asks for another name than the host's, where one is set, and leaves no socket behind where that fails."""

    server_name: str | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if self.server_name:
            options["server_hostname"] = self.server_name
        wire = super().wrap_socket(*arguments, **options)
        try:
            wire.do_handshake()  # paho would, too, but not close it
        except BaseException as error:
            wire.close()
            if isinstance(error, ConnectionError):
                raise ssl.SSLEOFError(0, "EOF occurred in the handshake") from error
            raise
        return wire


def make_tls_context(mqtt: MqttConfig) -> ssl.SSLContext | None:
    """What `mqtt` asks of TLS, read from its files; None where it asks for none.

    Raises:
        ConfigError: a file cannot be read or is none of its kind.
    """
    if not mqtt.tls:
        return None
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.server_name = mqtt.server_name
    if ca_file := mqtt.ca_file:
        _read("ca_file", ca_file, lambda: context.load_verify_locations(_expand(ca_file)))
    else:
        context.load_default_certs()
    if certificate := mqtt.client_cert_file:
        key = mqtt.client_key_file or find_credential(KEY_CREDENTIAL)
        _read("client_cert_file", certificate, lambda: open(_expand(certificate), "rb").close())
        if key:
            _read("client_key_file", key, lambda: open(_expand(key), "rb").close())
        _read(
            "client_cert_file",
            certificate,
            lambda: context.load_cert_chain(_expand(certificate), key and _expand(key), _no_password),
        )
    return context


def explain_tls(error: Exception | str, mqtt: MqttConfig) -> str | None:
    """One line on why a handshake failed, and what to do; None where it is no matter of TLS."""
    broker = f"broker {mqtt.host}:{mqtt.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{broker} is not trusted: {_explain_verdict(error, mqtt)}"
    text = str(error).lower().replace("_", " ")
    if not isinstance(error, ssl.SSLError) and "ssl" not in text:
        return None
    if isinstance(error, ssl.SSLEOFError) or "eof occurred" in text:
        return f"{broker} ends the handshake; does it talk TLS at this port?"
    for alert, meaning in _ALERTS.items():
        if alert in text:
            return f"{broker} {meaning}"
    return f"{broker}: TLS failed: {text}"


def explain_end(mqtt: MqttConfig) -> str | None:
    """One line on why a broker ends connections right after the handshake; None where it does not say.

    In TLS 1.3 it looks at our certificate after the handshake. What it says then is lost when we have written
    something meanwhile: so this connects once more, and writes nothing.
    """
    try:
        context = make_tls_context(mqtt)
        if context is None:
            return None
        with (
            socket.create_connection((mqtt.host, mqtt.port), _PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=mqtt.host) as wire,
        ):
            wire.recv(1)
    except ConfigError as error:
        return str(error)
    except OSError as error:
        return None if isinstance(error, ssl.SSLEOFError) else explain_tls(error, mqtt)
    return None


def _explain_verdict(error: ssl.SSLCertVerificationError, mqtt: MqttConfig) -> str:
    if error.verify_code == _EXPIRED:
        return "its certificate has expired; renew it there (and is this machine's clock right?)"
    if error.verify_code == _NOT_YET_VALID:
        return "its certificate is not valid yet; is this machine's clock right?"
    if error.verify_code in _OTHER_NAME:
        name = mqtt.server_name or mqtt.host
        return f"its certificate is not for {name}; set mqtt.host or mqtt.server_name to a name in it"
    if error.verify_code in _UNKNOWN_AUTHORITY:
        where = f"mqtt.ca_file, {mqtt.ca_file}" if mqtt.ca_file else "the system"
        return f"{where} knows no authority that signed its certificate; set mqtt.ca_file to the one that did"
    return f"{error.verify_message}; see its certificate"


def _read(key: str, path: Path, load: Callable[[], object]) -> None:
    """Load a file, or say in one line why not."""
    try:
        load()
    except ssl.SSLError as error:
        what = (error.reason or "no PEM").lower().replace("_", " ")
        reason = f"cannot be used ({what}); expected PEM, and a key that is not locked and fits its certificate"
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}"
    else:
        return
    raise ConfigError(f"mqtt.{key} is {path}, which {reason}")


def _no_password() -> bytes:
    """Asked for where a key is encrypted: nobody sits at this machine to type a password."""
    return b""


def _expand(path: Path) -> str:
    return os.path.expanduser(path)
