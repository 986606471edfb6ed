"""Makes outcomes: what happened in words, without secrets, with attempts and time."""

from __future__ import annotations

import secrets as random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.contract.model import Contract
from ingest.contract.sources import AnySource
from ingest.fetch.messages import OK, WENT_BACK_MEND, text_of
from ingest.fetch.models import FetchFailed, FetchOutcome, Status
from ingest.fetch.secrets import Secrets
from ingest.fetch.tries import Tries
from ingest.landing.models import Arrival


@dataclass
class Teller:
    """Of one run on one feed. `start` sets the clock for the next outcome."""

    contract: Contract
    secrets: Secrets
    run_id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{random.token_hex(3)}")
    _began: float = field(default_factory=time.monotonic)
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def start(self) -> None:
        """The next outcome's time counts from now."""
        self._began, self._started_at = time.monotonic(), datetime.now(UTC)

    def good(
        self,
        source: AnySource,
        origin: str,
        code: str,
        tries: Tries,
        *,
        arrival: Arrival | None = None,
        delivery_id: str | None = None,
        seen: dict[str, str] | None = None,
    ) -> FetchOutcome:
        """A pull that went well; `code` is a key of messages.OK."""
        delivery_id = arrival.delivery_id if arrival else delivery_id
        message_th, message_en = (text.format(detail_en=delivery_id or "") for text in OK[code])
        mend_th, mend_en = WENT_BACK_MEND if code == "went_back" else ("", "")
        status: Status = "fetched" if code == "fetched" else "unchanged"
        texts = {"message_th": message_th, "message_en": message_en, "mend_th": mend_th, "mend_en": mend_en}
        outcome = self._outcome(source, origin, status, code, texts, tries)
        more: dict[str, object] = {
            "delivery_id": delivery_id,
            # A mark with a secret in it is not kept: the file is merely sent again.
            "seen": {k: v for k, v in (seen or {}).items() if self.secrets.clean(v) == v},
        }
        if arrival is not None:
            more |= {"file_name": arrival.file_name, "bytes": arrival.bytes}
        return outcome.model_copy(update=more)

    def failed(
        self, source: AnySource, origin: str, failure: FetchFailed, tries: Tries | None = None
    ) -> FetchOutcome:
        """A pull that ended early."""
        texts = text_of(failure.code, failure.values)._asdict()
        return self._outcome(source, origin, "failed", failure.code, texts, tries)

    def _outcome(
        self,
        source: AnySource,
        origin: str,
        status: Status,
        code: str,
        texts: dict[str, str],
        tries: Tries | None,
    ) -> FetchOutcome:
        clean = self.secrets.clean
        return FetchOutcome(
            run_id=self.run_id,
            started_at=self._started_at,
            feed_code=self.contract.feed,
            agency_code=self.contract.agency_code,
            kind=source.kind,
            source=clean(source.label),
            origin=clean(origin),
            status=status,
            code=code,
            attempts=tries.used if tries else 0,
            seconds=round(time.monotonic() - self._began, 3),
            **{name: clean(text) for name, text in texts.items()},
        )
