"""Examples of bodies, by the names of their schemas; the peers have test OINs (00000099)."""

from __future__ import annotations

from typing import Any, Final

_PROVIDER: Final = "00000099000000344000"
_CONSUMER: Final = "00000099000000363000"
_THUMBPRINT: Final = "3a56f2e9269ac63f0d4394c46b96539da1625b6a985d38029ff89f34e490960c"
_MANAGER: Final = "https://manager.example.nl:8443"
_INWAY: Final = "https://inway.example.nl:8443"
_GRANT_HASH: Final = f"$1$3${'A' * 86}"
_TRANSACTION: Final = "01900f3e-8a5b-7c3d-9e2f-4b6a8c0d1e2f"
_FIRST_SECOND: Final = 1_790_000_000
_YEAR: Final = 365 * 24 * 3600

_CONNECTION: Final = {
    "type": "GRANT_TYPE_SERVICE_CONNECTION",
    "outway": {
        "peer_id": _CONSUMER,
        "identification": {
            "type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT",
            "public_key_thumbprint": _THUMBPRINT,
        },
    },
    "service": {"type": "SERVICE_TYPE_SERVICE", "peer_id": _PROVIDER, "name": "parking"},
}
_NEW_CONTENT: Final = {
    "iv": "06338364-8305-7b74-8000-de4963503139",
    "group_id": "fsc.example.nl",
    "validity": {"not_before": _FIRST_SECOND, "not_after": _FIRST_SECOND + _YEAR},
    "grants": [_CONNECTION],
    "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
    "created_at": _FIRST_SECOND,
}
_CONTENT: Final = {**_NEW_CONTENT, "fsc_version": "2.0.0", "grants": [{"data": _CONNECTION}]}
_SERVICE: Final = {"name": "parking", "endpoint_url": "http://parking:8080/v1", "inway_address": _INWAY}
_RECORD: Final = {
    "transaction_id": _TRANSACTION,
    "direction": "DIRECTION_OUTGOING",
    "grant_hash": _GRANT_HASH,
    "source": {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": _CONSUMER},
    "destination": {"type": "DESTINATION_TYPE_DESTINATION", "service_peer_id": _PROVIDER},
    "service_name": "parking",
    "created_at": _FIRST_SECOND,
}

_ERROR: Final = {
    "message": "This Manager is of group fsc.example.nl; the contract is of another.",
    "domain": "ERROR_DOMAIN_MANAGER",
    "code": "ERROR_CODE_INCORRECT_GROUP_ID",
}

Examples = dict[str, dict[str, Any]]

MANAGER: Final[Examples] = {
    "Content": _CONTENT,
    "NewContract": {"contract_content": _NEW_CONTENT},
    "Peer": {"id": _PROVIDER, "name": "Gemeente Voorbeeld", "manager_address": _MANAGER},
    "PeerInfo": {
        "peer_id": _PROVIDER,
        "peer_name": "Gemeente Voorbeeld",
        "fsc_version": "2.0.0",
        "enabled_extensions": {"EXTENSION_DELEGATION": "1.0.0", "EXTENSION_TRANSACTION_LOGGING": "1.1.0"},
    },
    "LogRecord": _RECORD,
    "ErrorBody": _ERROR,
}
CONTROLLER: Final[Examples] = {
    "RegisterInway": {"address": _INWAY},
    "RegisterOutway": {"public_key_thumbprint": _THUMBPRINT, "domain_names": ["outway.example.nl"]},
    "Service": _SERVICE,
    "ServiceSettings": {name: value for name, value in _SERVICE.items() if name != "name"},
    "ErrorBody": {
        "message": "There is no service parking.",
        "domain": "ERROR_DOMAIN_CONTROLLER",
        "code": "ERROR_CODE_NOT_FOUND",
    },
}
TRANSACTION_LOG: Final[Examples] = {
    "LogRecord": _RECORD,
    "WriteRecords": {"records": [{**_RECORD, "record_id": "01900f3e-8a5b-7c3d-8111-222233334444"}]},
    "ErrorBody": {
        "message": "query parameter limit: input should be less than or equal to 1000.",
        "domain": "ERROR_DOMAIN_TRANSACTION_LOG",
        "code": "ERROR_CODE_INVALID_REQUEST",
    },
}
