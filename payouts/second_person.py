"""Who proposes something does not agree to it."""

from __future__ import annotations

from foundation.i18n import _
from payouts.runs import SamePerson


class OwnProposal(SamePerson):
    """A second person is needed."""

    code = "own_proposal"
    message = _("You proposed this, so somebody else has to agree.")
