"""Messages become meanings: `read` by rules alone, `hear` with a model where rules do not read for certain."""

from flows.assistant.hear.hearing import hear, needs_model
from flows.assistant.hear.leaning import leaned
from flows.assistant.hear.masking import masked
from flows.assistant.hear.rules import read
from flows.assistant.hear.scene import Heard, Scene
from flows.assistant.hear.telling import version

__all__ = ["Heard", "Scene", "hear", "leaned", "masked", "needs_model", "read", "version"]
