"""BERT for question answering in PyTorch, with the weights of an ONNX file that `filigree make-model` wrote in fp32.

PyTorch reads no ONNX, so the encoder is written here in its own operators: linear, scaled_dot_product_attention,
layer_norm, gelu. The initialisers have Hugging Face's names; matrices are stored inputs x outputs.
"""
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional


def load_weights(path):
    graph = onnx.load(path).graph
    weights = {}
    for tensor in graph.initializer:
        value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        is_matrix = value.dim() == 2 and not tensor.name.endswith("embeddings.weight") and "LayerNorm" not in tensor.name
        weights[tensor.name] = value.t().contiguous() if is_matrix and tensor.name.endswith(".weight") else value
    return weights


class Bert:
    def __init__(self, path, head_size=64):
        self.weights = load_weights(path)
        hidden = self.weights["bert.embeddings.LayerNorm.weight"].numel()
        self.heads = hidden // head_size
        self.layers = 0
        while f"bert.encoder.layer.{self.layers}.output.dense.weight" in self.weights:
            self.layers += 1

    def linear(self, name, x):
        return functional.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def layer_norm(self, name, x):
        return functional.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"], 1e-12)

    def by_head(self, x):
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def layer(self, name, x, mask):
        q, k, v = (self.by_head(self.linear(f"{name}.attention.self.{part}", x)) for part in ("query", "key", "value"))
        context = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        x = self.layer_norm(f"{name}.attention.output.LayerNorm", x + self.linear(f"{name}.attention.output.dense", context))
        wide = functional.gelu(self.linear(f"{name}.intermediate.dense", x))
        return self.layer_norm(f"{name}.output.LayerNorm", x + self.linear(f"{name}.output.dense", wide))

    @torch.inference_mode()
    def __call__(self, ids, mask, types):
        """Start and end logits, [batch, tokens] each."""
        embeddings = "bert.embeddings"
        x = (self.weights[f"{embeddings}.word_embeddings.weight"][ids] +
             self.weights[f"{embeddings}.token_type_embeddings.weight"][types] +
             self.weights[f"{embeddings}.position_embeddings.weight"][: ids.shape[1]])
        x = self.layer_norm(f"{embeddings}.LayerNorm", x)
        # Without padding there is no mask, and torch takes its fastest path.
        mask = None if bool(mask.all()) else mask.bool()[:, None, None, :]
        for index in range(self.layers):
            x = self.layer(f"bert.encoder.layer.{index}", x, mask)
        return self.linear("qa_outputs", x).unbind(-1)
