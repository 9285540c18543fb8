"""[mqtt]: how to get to the broker."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from edge.config.table import Table


class MqttConfig(Table):
    host: Annotated[str, Field(min_length=1)] = Field("localhost", description="name or address of the broker")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        1883, description="TCP port of the broker; default: 1883, with tls 8883"
    )
    username: str | None = Field(None, description="name for the broker; default: none")
    password_file: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="file whose first line is the password; default: systemd credential mqtt-password",
    )
    tls: bool = Field(
        False, description="encrypt all that is sent, and check that the broker is the one it says it is"
    )
    ca_file: Path | None = Field(
        None,
        strict=False,
        description="certificate (PEM) of the authority that signed the broker's; default: those of the system",
    )
    client_cert_file: Path | None = Field(
        None, strict=False, description="our own certificate (PEM), for a broker that wants one; default: none"
    )
    client_key_file: Path | None = Field(
        None,
        strict=False,
        description="its key (PEM); default: systemd credential mqtt-client-key, else within client_cert_file",
    )
    server_name: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="name in the broker's certificate where it is not host; default: host"
    )
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] | None = Field(
        None,
        description="what the broker knows this connection by; no two may have the same; default: made of "
        "device.id and this machine's serial number",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        "auto", description="version of MQTT; auto: 5, and 3.1.1 with a broker that knows no other"
    )
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        15, description="after one and a half of these without a word the broker tells the last will, seconds"
    )

    @field_validator("host", "server_name")
    @classmethod
    def _can_be_looked_up(cls, host: str | None) -> str | None:
        try:
            if host is not None:
                host.encode("idna")
        except UnicodeError:
            raise ValueError("expected a host's name or address") from None
        return host

    @model_validator(mode="before")
    @classmethod
    def _tls_has_a_port_of_its_own(cls, keys: Any) -> Any:
        if isinstance(keys, dict) and keys.get("tls") is True and "port" not in keys:
            return keys | {"port": 8883}
        return keys

    @model_validator(mode="after")
    def _password_has_a_user(self) -> "MqttConfig":
        if self.password_file and not self.username:
            raise ValueError("password_file is set and username is not; expected both or neither")
        return self

    @model_validator(mode="after")
    def _keys_of_tls_go_with_it(self) -> "MqttConfig":
        for key in ("ca_file", "client_cert_file", "client_key_file", "server_name"):
            if getattr(self, key) and not self.tls:
                raise ValueError(f"{key} is set and tls is not; expected tls = true beside it")
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file is set and client_cert_file is not; expected both")
        return self
