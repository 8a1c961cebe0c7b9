"""Whether a site permits the way a review is to be held. Pure: values in, nothing or a refusal out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from lms.refusals import NotAllowed

VIDEO, ONSITE = "video", "onsite"
NEVER, WITH_PERMIT, ALLOWED, WITH_CONSENT = "never", "with_permit", "allowed", "with_consent"
CAMERA = (NEVER, WITH_PERMIT, ALLOWED)
RECORDING = (NEVER, WITH_CONSENT)


@dataclass(frozen=True, slots=True)
class Permitted:
    """What a site permits; as it stands here, what a site permits that has said nothing."""

    video_allowed: bool = True
    camera_in_gmp_area: str = NEVER
    recording: str = NEVER
    retention_class: str = ""
    usual_link: str = ""

    @property
    def modes(self) -> tuple[str, ...]:
        """How a review may be held at this site."""
        return (VIDEO, ONSITE) if self.video_allowed else (ONSITE,)


def check_mode(permitted: Permitted, mode: str, site_name: str) -> None:
    """Raise ``NotAllowed`` for a way of meeting that does not exist or that the site forbids."""
    if mode not in {VIDEO, ONSITE}:
        raise NotAllowed("Choose how you meet: by video or on site.", field="mode")
    if mode not in permitted.modes:
        message = f"{site_name} does not allow reviews by video. Choose “on site”, or ask its QA."
        raise NotAllowed(message, field="mode")


def check_rules(permitted: Permitted) -> None:
    """Raise ``NotAllowed`` for rules that contradict themselves, or a link that is none."""
    if permitted.camera_in_gmp_area not in CAMERA:
        raise NotAllowed("Choose what holds for cameras in a GMP area.", field="camera_in_gmp_area")
    if permitted.recording not in RECORDING:
        raise NotAllowed("Choose what holds for recording.", field="recording")
    if permitted.recording == WITH_CONSENT and not permitted.retention_class.strip():
        raise NotAllowed("Say under which retention class a recording is kept.", field="retention_class")
    if permitted.recording == WITH_CONSENT and not permitted.video_allowed:
        raise NotAllowed("Without video there is nothing to record. Choose “never”.", field="recording")
    if permitted.usual_link and (
        urlsplit(permitted.usual_link).scheme != "https" or not urlsplit(permitted.usual_link).netloc
    ):
        raise NotAllowed("Give the whole link of the room, beginning with https://.", field="usual_link")
