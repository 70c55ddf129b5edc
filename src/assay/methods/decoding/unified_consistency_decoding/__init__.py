"""Show-o Turbo (Xu et al. 2025, arXiv 2502.05415): text and images in a few parallel steps, by one consistency recipe.

**Idea.** A block of text can be denoised as an image of masked tokens is: guess all of it, let the model say what it
would write at each place given the guesses before it, take that for the next guess, until nothing changes. Text and
image then both have a discrete trajectory, and one distillation teaches a student to leap from any point of it to the
end of its segment. Classifier-free guidance is learnt on the way, so that the student does without.

**Text.** `JacobiDecoding` writes what greedy decoding writes, token for token, in no more passes. Each pass reads the
last sure token and n - 1 guesses; what the model would write after each is compared with the guess that stands there.
Guesses up to the first wrong one are sure, and so is what follows them; the rest are replaced by what the model said.
Only sure tokens stay in the cache. The states of each block come with the answer: they are the trajectory.
`TextConsistency` learns from them. With y a state, e the end of its segment, and d the first place where they differ::

    L_text = mean over places > d of CE(softmax p(. | e), p(. | y))  +  10 * CE(answer)

**Images.** `MaskedDecoding` fills in N masked places in T steps: at step s, with r = (s + 1) / T, a code is drawn for
each, log p + noise (1 - r) Gumbel says how sure it is, and the floor(N cos(pi r / 2)) least sure are masked again.
`ImageConsistency` teaches a student from a state of a teacher's trajectory what the teacher held of each masked place
when it decided it, up to the end of the segment: soft cross-entropy, over the places that are masked in the state.

**Both in one model.** `ImageTokens` says where codes stand in the vocabulary of a causal language model,
`image_denoiser` fills in images behind a text, each place seeing all others of its image, and `write_behind_images`
writes text behind prompts with images in them. `UnifiedConsistency` weighs the losses: image + 0.5 text + 0.1 language.

**Curriculum.** First many segments, then fewer, down to one, each stage from where the last one ended: distil again
with ``dataclasses.replace(consistency, segments=...)``. The code has the two ends only (8 and 4, then 1 and 1).

**Shapes.** B rows, n tokens of a block, N places of an image, C codes. Text: token ids as lists. Canvases (B, N),
logits and probabilities (B, N, C). A row of states: ids (B, S), additive mask (B, 1, S, S).

**Departures.** From the official code. Jacobi decoding has a cache, here and in the baseline it is held against; the
first token of a block is known from the pass before and rides along, so that a block takes at most n - 1 passes and
not n + 1; rows of a batch go on by themselves. All states of an answer go through one pass, by a mask, where the code
reads each with its text anew. A block ends where the text does. The loss on the student's own accumulated target, which
the code weighs 0 or 0.05, is left out. Confidence is of the whole distribution, not of the top k that is drawn from.
Trajectories may be sampled: a model without a condition has only one greedy image. As many places stay masked as there
are steps to come, so that no step is idle.

**Use.**::

    decoding = JacobiDecoding(block=16)
    output = model.generate(**inputs, custom_generate=decoding.generate, do_sample=False, max_new_tokens=128)
    answers = decoding.write(model, prompts, 128)            # .tokens, .passes, .blocks
    loss = TextConsistency(segments=4)(model, answers[:8], seed=step).loss

    trajectory = MaskedDecoding(steps=16).trajectory(teacher, canvas, mask=codes)
    loss = ImageConsistency(segments=4)(student, trajectory.select(rows), seed=step)
    images = MaskedDecoding(steps=4)(student, canvas, mask=codes)
"""

from assay.methods.decoding.unified_consistency_decoding._images import (
    Denoiser,
    ImageConsistency,
    MaskedDecoding,
    MaskedTrajectory,
)
from assay.methods.decoding.unified_consistency_decoding._jacobi import Block, JacobiAnswer, JacobiDecoding
from assay.methods.decoding.unified_consistency_decoding._masks import joint_mask
from assay.methods.decoding.unified_consistency_decoding._reference import (
    jacobi_reference,
    targets_reference,
    text_loss_reference,
)
from assay.methods.decoding.unified_consistency_decoding._text import Leap, TextConsistency, TextLoss
from assay.methods.decoding.unified_consistency_decoding._unified import (
    ImageTokens,
    UnifiedConsistency,
    image_denoiser,
    read_with_images,
    write_behind_images,
)

__all__ = [
    "Block",
    "Denoiser",
    "ImageConsistency",
    "ImageTokens",
    "JacobiAnswer",
    "JacobiDecoding",
    "Leap",
    "MaskedDecoding",
    "MaskedTrajectory",
    "TextConsistency",
    "TextLoss",
    "UnifiedConsistency",
    "image_denoiser",
    "jacobi_reference",
    "joint_mask",
    "read_with_images",
    "targets_reference",
    "text_loss_reference",
    "write_behind_images",
]
