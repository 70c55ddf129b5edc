r"""VISTA (Li et al. 2025, arXiv 2502.03628): turn a model's activations toward its image, so that it makes up less.

**Idea.** What an image-text model writes drifts from the image to what usually goes together. The same prompt is read
with and without the image; the difference of the activations at its last token is, layer by layer, the direction in
which the image pushes. All later activations are turned that way (*visual steering vectors*). A second part mixes
logits that are read from late, but not final, layers into the final ones (*self-logits augmentation*). Nothing is
trained. Any conditioned prefix can stand in the image's place: a passage, a document, an example.

**Vectors.** With h the output of block l at the last token, and B rows of a batch with an image each:

    v[l, b] = h_with[l, b] - h_without[l, b],      a tensor (L, B, D); one of (L, D) is a direction for all rows

**Steering.** At every layer in the range, for each token x there, with strength lambda:

    s = 1 + max(0, cos(x, -v)),     x <- |x| * unit(x / |x| + lambda * s * v / |v|)

Only the direction of x turns, its norm stays; what points away from v is pushed twice as hard. x is what the MLP puts
out, before it is added to the residual stream (``site="mlp"``, official code), or the residual stream behind the block
(``"residual"``, paper). It is computed in float32 and given back in the dtype of x.

**Self-logits.** With a band of layers m..n and weight alpha:

    logits = (1 - alpha) * head(norm(h_last)) + alpha * mean over l in m..n of head(norm(h_l))

A head is linear, so the mean goes through it once. What a model does to logits behind its head (soft caps, scales) is
done to the mixture. At strength 0 and alpha 0 both are exact: nothing is computed.

**Use.**::

    inputs = processor(images=images, text=prompts, return_tensors="pt", padding=True)      # padding on the left
    vectors = contrast(model, inputs, without_images(model, inputs))
    with VisualSteering(strength=0.1)(model, vectors), SelfLogits(layers=(25, 30), alpha=0.3)(model):
        ids = model.generate(**inputs, max_new_tokens=128)
    report = chair(processor.batch_decode(ids, skip_special_tokens=True), gold_objects, synonyms)

The strength has to be tuned again for every model and task, on other inputs than it is used on; fewer objects named
alone lower CHAIR, so look at recall and length too. Generating several sequences of a prompt (beams, samples) makes
several rows of it: ``vectors.repeat_interleave(beams, dim=1)``. A batch whose number of rows is another is refused;
who orders rows anew while they are written must order the vectors too.

**On models.** Decoders of transformers, alone or as the language model of an image-text model. Refused: encoders and
encoder-decoders; blocks that share modules; at ``"mlp"``, blocks without one MLP, or one that adds the residual
stream itself; for self-logits, heads that read anything but the last block's output behind one norm.

Departures from the official code (LzVv123456/VISTA), and why:

- v is the plain difference. The code puts it through a PCA of a single row, which leaves it as it is and adds 1 to its
  first element. For the last layer it takes the state behind the final norm; here it is the block's output throughout.
- The code applies the head to states that the final norm has not seen; ``apply_norm=False`` does that.
- The code gives everything back in float16, has a batch of one, and finds layers by the longest list of modules, which
  may be the vision tower's. What it wraps stays wrapped; here all is undone, also after an error.
- The code's pairing of one range of layers with the vectors of another is left out: index the vectors.
- ``decode_only`` is ours: what the prompt leaves in the cache then stays as it is.
"""

from assay.methods.decoding.vista_steering._chair import ChairReport, chair
from assay.methods.decoding.vista_steering._contrast import contrast, without_images
from assay.methods.decoding.vista_steering._logits import SelfLogits
from assay.methods.decoding.vista_steering._steering import Steering, VisualSteering, steer

__all__ = [
    "ChairReport",
    "SelfLogits",
    "Steering",
    "VisualSteering",
    "chair",
    "contrast",
    "steer",
    "without_images",
]
