"""A session on a partner's SFTP server: known host keys only, and a time-out on every step."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import paramiko
from paramiko import SFTPClient, SSHClient
from pydantic import SecretStr

from orderwire.config.channels import SftpProfile
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets, variable_of
from orderwire.errors import DeliveryRefusedError, UnavailableError

_KEY_KINDS: Final = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


@contextmanager
def opened(partner: PartnerProfile, profile: SftpProfile, secrets: Secrets) -> Iterator[SFTPClient]:
    """Yield a session, and close it.

    Raises:
        DeliveryRefusedError: not the server we know, or it refuses our credentials, or our own are unusable.
        UnavailableError: no answer in time, or the connection broke, also in the block.
    """
    client = SSHClient()
    facts = {"partner": partner.key, "host": profile.host}
    try:
        _trust(client, profile)
        _connect(client, partner.key, profile, secrets)
        session = client.open_sftp()
        channel = session.get_channel()
        if channel is not None:
            channel.settimeout(profile.timeout_seconds)
        yield session
    except paramiko.BadHostKeyException as error:
        raise DeliveryRefusedError("the SFTP server is not the one we know", **facts) from error
    except paramiko.AuthenticationException as error:
        raise DeliveryRefusedError("the SFTP server refuses our credentials", **facts) from error
    except PermissionError as error:
        raise DeliveryRefusedError("the SFTP server does not permit it", **facts) from error
    except paramiko.SSHException as error:
        if "not found in known_hosts" in str(error):
            raise DeliveryRefusedError("the SFTP server is not the one we know", **facts) from error
        raise UnavailableError("the SFTP server did not answer as it should", **facts) from error
    except (OSError, EOFError) as error:  # time-outs are OSErrors
        raise UnavailableError("the SFTP server did not answer", **facts, reason=str(error)[:200] or None) from error
    finally:
        with suppress(OSError, EOFError, paramiko.SSHException):
            client.close()


def _trust(client: SSHClient, profile: SftpProfile) -> None:
    """Know the profile's keys and no others: nothing of the account that runs us."""
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    name = profile.host if profile.port == paramiko.config.SSH_PORT else f"[{profile.host}]:{profile.port}"
    for line in profile.host_keys:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"{name} {line}")
        if entry is None or entry.key is None:
            raise DeliveryRefusedError("a host key in the profile is of no known kind", kind=line.split()[0])
        client.get_host_keys().add(name, entry.key.get_name(), entry.key)


def _connect(client: SSHClient, partner: str, profile: SftpProfile, secrets: Secrets) -> None:
    password, key = secrets.get(partner, "sftp.password"), secrets.get(partner, "sftp.key")
    if password is None and key is None:
        wanted = f"{variable_of(partner, 'sftp.password')} or {variable_of(partner, 'sftp.key')}"
        raise DeliveryRefusedError(f"no credentials for the SFTP server: give {wanted}", partner=partner)
    timeout = profile.timeout_seconds
    client.connect(
        profile.host,
        profile.port,
        profile.username,
        password=password.get_secret_value() if password else None,
        pkey=read_key(key, secrets.get(partner, "sftp.key_passphrase")) if key else None,
        allow_agent=False,
        look_for_keys=False,
        timeout=timeout,
        banner_timeout=timeout,
        auth_timeout=timeout,
        channel_timeout=timeout,
    )


def read_key(text: SecretStr, passphrase: SecretStr | None) -> paramiko.PKey:
    """Read a private key of any kind.

    Raises:
        DeliveryRefusedError: it is none, or locked with something else.
    """
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key(
                io.StringIO(text.get_secret_value() + "\n"), passphrase.get_secret_value() if passphrase else None
            )
        except (paramiko.SSHException, ValueError, TypeError, IndexError):  # of another kind, or not readable
            continue
    raise DeliveryRefusedError("our private key for the SFTP server cannot be read")
