"""Every AADSTS number that Entra is known to send has its status and a hint, through the built library."""

from __future__ import annotations

import pytest
from binding import daemon, memory_client, msauth
from conftest import Entra

# What each number means for a caller: the same table as that of the unit tests, written in another language.
MEANINGS: list[tuple[type[msauth.MSAuthError], str]] = [
    (msauth.Service, "50033 50087 50088 50166 70012 80002 80005 90006 90012 90024 90033 90036 90090"),
    (msauth.Throttled, "50196 90055"),
    (msauth.InteractionRequired, "50058 50132 50133 50140 50199 51005 16000 16001 16002 16003 700020 50125"),
    (msauth.InteractionRequired, "50072 50074 50076 50078 50079 50158 500121"),
    (msauth.InteractionRequired, "50005 50097 50129 50131 50155 50187 53000 53001 53002 53003 53004"),
    (msauth.InteractionRequired, "530003 530032 530034 530035"),
    (msauth.InteractionRequired, "65001 90094 90095"),
    (msauth.Configuration, "65005 650052 650056 650057"),
    (msauth.Denied, "65004 500021 500022"),
    (msauth.InteractionRequired, "50055 50144 50135"),
    (msauth.InteractionRequired, "700082 700084 70008 70043 70044 50089 54005 70000 50173"),
    (msauth.BadCredential, "50126 50056"),
    (msauth.Account, "50053 50034 50057 50020 90072 51004 50105"),
    (msauth.BadCredential, "7000215 7000222 700027 700024 70002 50012 50013 700229"),
    (msauth.BadCredential, "70021 700211 700212 700213 7002137 7002138"),
    (msauth.Configuration, "7000218 700025 7000112 7000114 7000229"),
    (msauth.AssertionRequired, "500133 500131"),
    (msauth.Configuration, "700016 70001 700022 700023 900144 9002313 901002 90009 90008 90124 9001023"),
    (msauth.Configuration, "500011 500014 50001 70011 650053 100007"),
    (msauth.Configuration, "50011 900971 50147 501481 501491"),
    (msauth.Configuration, "90002 900023 90051 90038 900382 900432 90130 50049 50059 50128 90019 50194"),
    (msauth.Expired, "70019"),
    (msauth.Rejected, "90119 90120"),
]
NUMBERS = [(int(number), error) for error, numbers in MEANINGS for number in numbers.split()]
# The local Entra sends these with the word of a device code, which decides alone.
DEVICE_NUMBERS = [
    (70016, "authorization_pending", msauth.InteractionRequired),
    (70018, "bad_verification_code", msauth.Rejected),
    (70020, "expired_token", msauth.Expired),
]


def refused(entra: Entra, error: type[msauth.MSAuthError]) -> msauth.MSAuthError:
    with pytest.raises(error) as failure:
        memory_client(entra).connect("daemon", **daemon(entra))
    assert type(failure.value) is error
    assert failure.value.hint and failure.value.hint.endswith((".", "?"))
    assert failure.value.correlation_id and failure.value.trace_id
    return failure.value


@pytest.mark.parametrize(("number", "error"), NUMBERS, ids=[str(number) for number, _ in NUMBERS])
def test_a_number_has_its_status_and_a_hint(entra: Entra, number: int, error: type[msauth.MSAuthError]) -> None:
    entra.scenario(endpoint="token", aadsts=number, times=2)
    assert refused(entra, error).aadsts == number


@pytest.mark.parametrize(("number", "word", "error"), DEVICE_NUMBERS)
def test_a_number_of_a_device_code(entra: Entra, number: int, word: str, error: type[msauth.MSAuthError]) -> None:
    entra.scenario(endpoint="token", aadsts=number)
    failure = refused(entra, error)
    assert (failure.aadsts, failure.error_code) == (number, word)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"error": "invalid_grant", "suberror": "client_mismatch"}, msauth.Configuration),
        ({"error": "invalid_grant", "suberror": "protection_policy_required"}, msauth.Configuration),
        ({"error": "invalid_grant", "suberror": "device_authentication_failed"}, msauth.InteractionRequired),
        ({"error": "brand_new", "suberror": "basic_action"}, msauth.InteractionRequired),
        ({"error": "brand_new", "claims": '{"access_token":{}}'}, msauth.InteractionRequired),
        ({"error": "invalid_client"}, msauth.BadCredential),
        ({"error": "temporarily_unavailable", "status": 400}, msauth.Service),
    ],
)
@pytest.mark.parametrize("number", [None, 199999999])
def test_without_a_number_that_is_known_the_words_decide(
    entra: Entra, order: dict[str, str], error: type[msauth.MSAuthError], number: int | None
) -> None:
    entra.scenario(endpoint="token", **order, **({} if number is None else {"aadsts": number}))
    assert refused(entra, error).error_code == order["error"]
