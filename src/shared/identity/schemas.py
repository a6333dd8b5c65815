"""Identity at the edge: bodies are strict and closed, answers carry nothing that was not asked for.

Pydantic lives here and not in the domain. Numbers stay numbers, unknown fields are refused (so a
body cannot assign `role`, `kyc_status` or `vip_tier`), and errors never quote what was sent.
"""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from shared.identity import forms
from shared.identity.cpf import normalise_cpf
from shared.identity.decide import normalise_email
from shared.identity.model import (
    PERIOD_MINUTES,
    Address,
    Application,
    Gender,
    KycStatus,
    LimitPeriod,
    PlayerStatus,
    RequestedLimit,
    Role,
    VipTier,
)
from shared.kernel.money import MAX_AMOUNT_MINOR, Currency

_STATES: Final = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"
STATES_OF_BRAZIL: Final = frozenset(_STATES.split())

_EMAIL_PATTERN: Final = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
)
_CPF_PATTERN: Final = r"^([0-9]{11}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})$"
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f<>]+$"


def _plausible_birth_date(born: date) -> date:
    if born.year < 1900:
        raise ValueError("nobody alive was born before 1900")
    return born


Email = Annotated[
    str,
    Field(pattern=_EMAIL_PATTERN, max_length=254, examples=["ana@example.com"]),
    AfterValidator(normalise_email),
]
Password = Annotated[
    str,
    Field(min_length=1, max_length=256, examples=["correct-horse-battery-9"], description="Secret"),
]
Cpf = Annotated[
    str,
    Field(pattern=_CPF_PATTERN, examples=["529.982.247-25"]),
    AfterValidator(normalise_cpf),
]
Phone = Annotated[
    str,
    BeforeValidator(forms.same_phone),
    Field(pattern=r"^\+[1-9][0-9]{7,14}$", description="E.164", examples=["+5511987654321"]),
]
Period = Annotated[LimitPeriod, BeforeValidator(forms.same_period)]
ShortText = Annotated[str, Field(min_length=1, max_length=120, pattern=_PRINTABLE)]
RefreshToken = Annotated[str, Field(min_length=1, max_length=128)]


class Body(BaseModel):
    """Base of request bodies: closed, strict, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class View(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AddressBody(Body):
    """A postal address; `uf`, `cep`, `bairro` and the like are read as well."""

    street: Annotated[ShortText, Field(validation_alias=AliasChoices(*forms.STREET))]
    number: Annotated[str, Field(min_length=1, max_length=20, pattern=_PRINTABLE)] = (
        forms.WITHOUT_NUMBER
    )
    complement: ShortText | None = None
    district: Annotated[ShortText | None, Field(validation_alias=AliasChoices(*forms.DISTRICT))] = (
        None
    )
    city: ShortText
    state: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            pattern=_PRINTABLE,
            examples=["SP"],
            validation_alias=AliasChoices(*forms.STATE),
        ),
    ]
    postal_code: Annotated[
        str,
        Field(
            min_length=3,
            max_length=12,
            pattern=_PRINTABLE,
            examples=["01310-100"],
            validation_alias=AliasChoices(*forms.POSTAL_CODE),
        ),
    ]
    country: Annotated[
        str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1", examples=["BR"])
    ] = "BR"

    @model_validator(mode="after")
    def _brazilian_form(self) -> Self:
        if self.country == "BR":
            if self.state not in STATES_OF_BRAZIL:
                raise ValueError("state is the two-letter UF of a Brazilian state")
            cep = self.postal_code.replace("-", "", 1)
            if not (len(cep) == 8 and cep.isascii() and cep.isdigit()):
                raise ValueError("postal_code is a CEP: 00000-000")
        return self

    def to_address(self) -> Address:
        """The domain's value."""
        return Address(**self.model_dump())


class LossLimitBody(Body):
    """How much may be lost in a period, net of wins."""

    period: Period
    amount_minor: Annotated[int, Field(gt=0, le=MAX_AMOUNT_MINOR, examples=[50_000])]


class TimeLimitBody(Body):
    """How long may be played in a period."""

    period: Period
    minutes: Annotated[int, Field(gt=0, le=max(PERIOD_MINUTES.values()), examples=[120])]

    @model_validator(mode="after")
    def _fits_its_period(self) -> Self:
        if self.minutes > PERIOD_MINUTES[self.period]:
            raise ValueError("the period has fewer minutes")
        return self


class LimitsBody(Body):
    """The limits chosen at registration; both are mandatory in Brazil."""

    loss: LossLimitBody | None = None
    time: TimeLimitBody | None = None

    def to_limits(self) -> tuple[RequestedLimit, ...]:
        """The domain's values."""
        limits: list[RequestedLimit] = []
        if self.loss is not None:
            limits.append(RequestedLimit("loss", self.loss.period, self.loss.amount_minor))
        if self.time is not None:
            limits.append(RequestedLimit("time", self.time.period, self.time.minutes))
        return tuple(limits)


class RegistrationBody(Body):
    """`POST /v1/players` (Portaria SPA/MF 1.231/2024 art. 31 as amended by 2.579/2025)."""

    email: Email
    password: Password
    full_name: Annotated[
        str, Field(min_length=2, max_length=120, pattern=_PRINTABLE, examples=["Ana Souza"])
    ]
    birth_date: Annotated[
        date, Field(examples=["1990-05-17"]), AfterValidator(_plausible_birth_date)
    ]
    cpf: Cpf
    phone: Phone
    address: AddressBody
    gender: Annotated[
        Gender, BeforeValidator(forms.same_gender), Field(description="Self-declared")
    ]
    currency: Annotated[
        Currency | None, Field(description="That of the jurisdiction; may be left out")
    ] = None
    limits: LimitsBody = LimitsBody()
    accept_terms: bool
    accept_privacy: bool

    def to_application(self) -> Application:
        """The domain's value."""
        return Application(
            email=self.email,
            full_name=self.full_name,
            birth_date=self.birth_date,
            cpf=self.cpf,
            phone=self.phone,
            address=self.address.to_address(),
            gender=self.gender,
            currency=self.currency,
            limits=self.limits.to_limits(),
            accepts_terms=self.accept_terms,
            accepts_privacy=self.accept_privacy,
        )


class RegisteredView(View):
    """A player has been registered."""

    player_id: str
    status: PlayerStatus


class LoginBody(Body):
    """What somebody logs in with; any text is taken, so that nothing tells a wrong one apart. The
    sandbox profile asks no code of staff, and of players only of those who have set one up.
    """

    email: Annotated[str, Field(min_length=1, max_length=254, examples=["ana@example.com"])]
    password: Password
    otp: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=32,
            description="Six digits of the authenticator app, or a recovery code",
            examples=["492039"],
        ),
    ] = None


class RefreshBody(Body):
    """The refresh token to be spent."""

    refresh_token: RefreshToken


class LogoutBody(Body):
    """The session to end; without a refresh token, the one of the bearer token."""

    refresh_token: RefreshToken | None = None


class TokensView(View):
    """An open session (RFC 6749 §5.1)."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: Annotated[int, Field(description="Seconds", examples=[600])]
    scope: Annotated[
        Literal["enrol"] | None,
        Field(description="enrol: a second factor must be set up before anything else"),
    ] = None


class StaffTokensView(TokensView):
    """An open session of staff."""

    role: Role


class ProfilePatchBody(Body):
    """What a player may change alone. The e-mail address and the identity are not among it."""

    phone: Phone | None = None
    address: AddressBody | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.phone is None and self.address is None:
            raise ValueError("give a phone or an address")
        return self


class AddressView(View):
    """A postal address."""

    street: str
    number: str
    complement: str | None
    district: str | None
    city: str
    state: str
    postal_code: str
    country: str


class PaymentAccountView(View):
    """An account that withdrawals may go to; the PIX key is the player's own CPF."""

    payment_account_id: str
    kind: Literal["pix"]
    key_type: Literal["cpf"]
    key_masked: Annotated[str, Field(examples=["***.982.247-**"])]


class EligibilityView(View):
    """What the player may do now; `reasons` are codes of what stands in the way."""

    can_bet: bool
    can_deposit: bool
    can_use_bonus: bool
    reasons: list[str]


class MarketingView(View):
    """Advertising: what the player chose, and whether it may be acted on now. It never is while the
    player is excluded, pausing or impeded.
    """

    consent: bool
    effective: bool


class ProfileView(View):
    """`GET /v1/me`."""

    player_id: str
    email: str
    full_name: str
    birth_date: date
    gender: Gender
    cpf: Annotated[str, Field(description="Masked", examples=["***.982.247-**"])]
    phone: str
    address: AddressView
    currency: Currency
    jurisdiction: str
    status: PlayerStatus
    kyc_status: KycStatus
    vip_tier: VipTier
    created_at: Annotated[str, Field(examples=["2026-11-22T14:15:00.000Z"])]
    eligibility: EligibilityView
    marketing: MarketingView
    payment_accounts: list[PaymentAccountView]
