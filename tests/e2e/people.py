"""Made-up people for tests, benchmarks and the fuzzer: valid by the rules, nobody in particular."""

import secrets


def cpf(base: int | None = None) -> str:
    """A CPF with valid check digits (Receita Federal: weights 10…2 and 11…2, modulo 11)."""
    digits = [int(d) for d in f"{secrets.randbelow(10**9) if base is None else base:09d}"]
    if len(set(digits)) == 1:
        digits[0] = (digits[0] + 1) % 10
    for first in (10, 11):
        total = sum(d * w for d, w in zip(digits, range(first, 1, -1), strict=True))
        digits.append(total * 10 % 11 % 10)
    return "".join(map(str, digits))


def registration(**changes: object) -> dict[str, object]:
    """A valid body of `POST /v1/players`, unlike any other."""
    body: dict[str, object] = {
        "email": f"player-{secrets.token_hex(8)}@example.com",
        "password": "correct-horse-battery-9",
        "full_name": "Maria da Silva",
        "birth_date": "1990-05-17",
        "cpf": cpf(),
        "phone": "+5511987654321",
        "address": {
            "street": "Avenida Paulista",
            "number": "1000",
            "district": "Bela Vista",
            "city": "São Paulo",
            "state": "SP",
            "postal_code": "01310-100",
            "country": "BR",
        },
        "gender": "female",
        "currency": "BRL",
        "limits": {
            "loss": {"period": "daily", "amount_minor": 100_000_000},
            "time": {"period": "daily", "minutes": 1440},
        },
        "accept_terms": True,
        "accept_privacy": True,
    }
    return body | changes
