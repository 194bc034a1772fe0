"""See what a model learned: explanations, and displays of what it did."""

from ._agreement import ExplanationAgreement, explanation_agreement
from ._attention_display import AttentionDisplay
from ._displays._expert_usage import ExpertUsageDisplay
from ._displays._fusion import FusionDisplay
from ._displays._latent_space import LatentSpaceDisplay
from ._displays._learning_rate import LearningRateDisplay
from ._displays._lever_effect import LeverEffectDisplay
from ._displays._reconstruction import ReconstructionDisplay
from ._displays._scenario import ScenarioDisplay
from ._displays._training_curve import TrainingCurveDisplay
from ._explain_image import explain_image
from ._explain_text import explain_text
from ._explanation import Explanations, ImageExplanation, TextExplanation
from ._saliency_display import SaliencyDisplay

__all__ = [
    "AttentionDisplay",
    "ExpertUsageDisplay",
    "ExplanationAgreement",
    "Explanations",
    "FusionDisplay",
    "ImageExplanation",
    "LatentSpaceDisplay",
    "LearningRateDisplay",
    "LeverEffectDisplay",
    "ReconstructionDisplay",
    "SaliencyDisplay",
    "ScenarioDisplay",
    "TextExplanation",
    "TrainingCurveDisplay",
    "explain_image",
    "explain_text",
    "explanation_agreement",
]
