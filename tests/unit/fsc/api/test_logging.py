from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.fsc_core import CONSUMER, DELEGATOR, NOW, PROVIDER, PUBLISHER

from wegennet.fsc.api.logging import LogRecord, PeerLogsQuery, WriteRecords

ID = "018f22e2-79b0-7cc8-98c4-dc0c0c07398f"
RECORD = {
    "transaction_id": ID,
    "direction": "DIRECTION_OUTGOING",
    "grant_hash": "$1$3$a",
    "source": {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": CONSUMER},
    "destination": {"type": "DESTINATION_TYPE_DESTINATION", "service_peer_id": PROVIDER},
    "service_name": "parkeren",
    "created_at": NOW,
}
DELEGATED = RECORD | {
    "source": {"type": "SOURCE_TYPE_DELEGATED_SOURCE", "outway_peer_id": CONSUMER, "delegator_peer_id": DELEGATOR},
    "destination": {
        "type": "DESTINATION_TYPE_DELEGATED_DESTINATION",
        "service_peer_id": PROVIDER,
        "delegator_peer_id": PUBLISHER,
    },
    "additional_data": {"a": [1]},
}


@pytest.mark.parametrize("record", [RECORD, DELEGATED])
def test_record_is_written_as_it_was_read(record: dict[str, Any]) -> None:
    assert LogRecord.model_validate(record).model_dump(mode="json") == record


@pytest.mark.parametrize("name", RECORD)
def test_record_without_a_member_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        LogRecord.model_validate({key: value for key, value in RECORD.items() if key != name})


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_id": "abc"},
        {"direction": "OUT"},
        {"source": {"type": "SOURCE_TYPE_DELEGATED_SOURCE", "outway_peer_id": CONSUMER}},
        {"source": {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": "1"}},
        {"created_at": -1},
        {"grant_hash": "x" * 1025},
    ],
)
def test_record_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LogRecord.model_validate(RECORD | change)


@pytest.mark.parametrize("records", [[], [RECORD], [RECORD | {"record_id": "1"}]])
def test_written_records_have_an_id_of_their_own(records: list[Any]) -> None:
    with pytest.raises(ValidationError):
        WriteRecords.model_validate({"records": records})


def test_written_record_is_read_with_its_id() -> None:
    body = {"records": [RECORD | {"record_id": ID}]}
    assert WriteRecords.model_validate(body).model_dump(mode="json") == body


def test_peer_can_be_filtered_on() -> None:
    assert PeerLogsQuery(peer_id=PROVIDER, transaction_ids=[ID]).pairs() == [
        ("transaction_ids", ID),
        ("peer_id", PROVIDER),
    ]
