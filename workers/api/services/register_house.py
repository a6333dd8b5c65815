"""The registers of a house: the adapters of every jurisdiction, over one way to the network.

A register without a secret is not connected and never answers, so the gate stays closed: a house
that forgot a token takes no bets, and serves everything else.
"""

from collections.abc import Callable, Mapping

from shared.compliance.model import PROFILES
from shared.compliance.registers.gamstop import Gamstop
from shared.compliance.registers.ports import NoRegister, Register, RegisterName
from shared.compliance.registers.sigap import Sigap
from shared.platform.ports import HttpClient


def connect_registers(
    http: HttpClient, secret: Callable[[RegisterName], str]
) -> dict[RegisterName, Register]:
    """Every register that a profile names, at the address that it gives."""
    makers: Mapping[RegisterName, Callable[[HttpClient, str, str], Register]] = {
        "sigap": Sigap,
        "gamstop": Gamstop,
    }
    return {
        name: makers[name](http, address, secret(name)) if secret(name) else NoRegister()
        for name, address in _addresses().items()
    }


def _addresses() -> dict[RegisterName, str]:
    return {
        register.adapter: register.address
        for versions in PROFILES.values()
        for version in versions
        for rule in version.registers
        for register in rule.value
        if register.adapter is not None
    }
