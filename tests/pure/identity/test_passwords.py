"""What a password costs whoever steals the table: argon2id with OWASP's parameters, and the same for nobody's name."""

from __future__ import annotations

import subprocess
import sys

from lms.identity import passwords


def test_a_password_is_hashed_with_owasps_parameters() -> None:
    # in an interpreter of its own: other tests hash lightly
    ask = "from lms.identity.passwords import hash_password; print(hash_password('a short sentence'))"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_right_password_matches_and_a_name_without_one_never_does() -> None:
    kept = passwords.hash_password("a short sentence")
    assert passwords.matches(kept, "a short sentence")
    assert not passwords.matches(kept, "a short sentence.")
    assert not passwords.matches("", "nobody has this password")
    assert not passwords.matches("no hash at all", "a short sentence")
