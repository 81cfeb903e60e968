from __future__ import annotations

import pytest

from machine.pip import explain
from machine.platforms import Platform

LINUX = Platform("Linux", "x86_64", "")
NONE_FOUND = "ERROR: No matching distribution found for amqp==5.4.2"


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        (
            "WARNING: Retrying (...) Temporary failure in name resolution\n" + NONE_FOUND,
            "Is this machine online?",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "PIP_CERT"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "nothing of it was installed"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        (NONE_FOUND, "no ready-made build for this machine (Linux on x86_64, Python 3."),
        ("something else", "Its last words:"),
    ],
)
def test_a_failure_of_pip_is_explained(output: str, meaning: str) -> None:
    assert meaning in explain(output, LINUX)
