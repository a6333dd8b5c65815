"""Who looks at documents before the analyst does: in the sandbox a provider of ours.

Like providers that compare a face and a CPF with the official base, it vouches for the photos of
the identity document when a selfie passes, which every selfie does; it is unsure about all other
documents. The decision is an analyst's. Outside the sandbox none is connected: documents wait
unchecked, and every kind has to be sent.
"""

from typing import Final

from shared.compliance.ports import Checked, Offered
from shared.compliance.rules import DocumentKind

VOUCHED_BY_A_SELFIE: Final[frozenset[DocumentKind]] = frozenset({"id_front", "id_back"})


class SandboxIdentityProvider:
    """Passes a selfie and leaves the decision to an analyst."""

    async def check(self, offered: Offered) -> Checked:
        """An opinion by kind alone; the reference is made of the document's own id."""
        reference = f"sandbox-{offered.document_id}"
        if offered.kind == "selfie":
            return Checked("passed", "sandbox", reference, vouches=VOUCHED_BY_A_SELFIE)
        return Checked("unsure", "sandbox", reference)
