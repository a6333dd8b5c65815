"""Who looks at documents before the analyst does: in the sandbox a provider of ours.

It passes every selfie and is unsure about all other documents, so that the story can be played to
its end by an analyst. Outside the sandbox none is connected: documents wait unchecked.
"""

from shared.compliance.ports import Checked, Offered


class SandboxIdentityProvider:
    """Passes a selfie and leaves the decision to an analyst."""

    async def check(self, offered: Offered) -> Checked:
        """An opinion by kind alone; the reference is made of the document's own id."""
        reference = f"sandbox-{offered.document_id}"
        if offered.kind == "selfie":
            return Checked("passed", "sandbox", reference)
        return Checked("unsure", "sandbox", reference)
