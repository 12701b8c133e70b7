"""The transformer of DETR and its position embedding.

Source: Carion et al., "End-to-End Object Detection with Transformers", 2020, appendix A.3
(https://arxiv.org/abs/2005.12872).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class _TransformerLayer(nn.Module):
    """The common base of encoder and decoder layers (post-norm, ReLU)."""

    def __init__(self, dim: int, num_heads: int, dim_feedforward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(dim, num_heads, dropout, batch_first=True)
        self.linear1 = nn.Linear(dim, dim_feedforward)
        self.linear2 = nn.Linear(dim_feedforward, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def _self_attention(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        # Positions are added to queries and keys, but not to values.
        query = x + position
        attended, _ = self.self_attn(query, query, x, key_padding_mask=padding, need_weights=False)
        out: Tensor = self.norm1(x + self.dropout(attended))
        return out

    def _feed_forward(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.linear1(x).relu())
        out: Tensor = x + self.dropout(self.linear2(hidden))
        return out


class EncoderLayer(_TransformerLayer):
    """Self-attention between image positions, then a feed-forward network."""

    def forward(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        """Updates the features ``x`` (B, S, dim). For the arguments see `Transformer.forward`."""
        x = self._self_attention(x, position, padding)
        out: Tensor = self.norm2(self._feed_forward(x))
        return out


class DecoderLayer(_TransformerLayer):
    """Self-attention between queries, cross-attention to the image, a feed-forward network."""

    def __init__(self, dim: int, num_heads: int, dim_feedforward: int, dropout: float) -> None:
        super().__init__(dim, num_heads, dim_feedforward, dropout)
        self.multihead_attn = nn.MultiheadAttention(dim, num_heads, dropout, batch_first=True)
        self.norm3 = nn.LayerNorm(dim)

    def forward(
        self, x: Tensor, query: Tensor, memory: Tensor, position: Tensor, padding: Tensor | None
    ) -> Tensor:
        """Updates the queries' features.

        Args:
            x: the features, (B, Q, dim).
            query: the query embeddings, (B, Q, dim).
            memory: the encoder's output, (B, S, dim).
            position: the position embeddings, (B, S, dim).
            padding: bool, (B, S), True where a position is outside its image; None if none is.

        Returns:
            The new features, (B, Q, dim).
        """
        x = self._self_attention(x, query, None)
        attended, _ = self.multihead_attn(
            x + query, memory + position, memory, key_padding_mask=padding, need_weights=False
        )
        x = self.norm2(x + self.dropout(attended))
        out: Tensor = self.norm3(self._feed_forward(x))
        return out


class Encoder(nn.Module):
    """A stack of encoder layers."""

    def __init__(self, layers: Sequence[EncoderLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        """Updates the features ``x`` (B, S, dim). For the arguments see `Transformer.forward`."""
        for layer in self.layers:
            x = layer(x, position, padding)
        return x


class Decoder(nn.Module):
    """A stack of decoder layers, with one layer norm for the outputs of all of them."""

    def __init__(self, layers: Sequence[DecoderLayer], dim: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self, query: Tensor, memory: Tensor, position: Tensor, padding: Tensor | None
    ) -> list[Tensor]:
        """Decodes the queries, starting from zeros. For the arguments see `DecoderLayer.forward`.

        Returns:
            The normalised outputs (B, Q, dim) of all layers, the final one last.
        """
        x = torch.zeros_like(query)
        outputs = []
        for layer in self.layers:
            x = layer(x, query, memory, position, padding)
            outputs.append(x)
        return [self.norm(x) for x in outputs]


class Transformer(nn.Module):
    """An encoder over image positions and a decoder over object queries (the paper's figure 10).

    Args:
        dim: the number of features, a multiple of `num_heads`.
        num_heads: the number of attention heads.
        num_encoder_layers: the number of encoder layers.
        num_decoder_layers: the number of decoder layers.
        dim_feedforward: the width of the feed-forward networks.
        dropout: the dropout probability.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        num_encoder_layers: int,
        num_decoder_layers: int,
        dim_feedforward: int,
        dropout: float,
    ) -> None:
        super().__init__()
        layer = (dim, num_heads, dim_feedforward, dropout)
        self.encoder = Encoder([EncoderLayer(*layer) for _ in range(num_encoder_layers)])
        self.decoder = Decoder([DecoderLayer(*layer) for _ in range(num_decoder_layers)], dim)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(
        self, x: Tensor, position: Tensor, padding: Tensor | None, queries: Tensor
    ) -> list[Tensor]:
        """Encodes the image features, and decodes the object queries.

        Args:
            x: the features at the S positions of the feature map, (B, S, dim).
            position: the position embeddings, (B, S, dim).
            padding: bool, (B, S), True where a position is outside its image; None if none is.
            queries: the query embeddings, (Q, dim).

        Returns:
            One tensor (B, Q, dim) for each decoder layer, the final one last.
        """
        memory = self.encoder(x, position, padding)
        query = queries.expand(len(x), -1, -1)
        outputs: list[Tensor] = self.decoder(query, memory, position, padding)
        return outputs


def sine_position_embedding(
    padding: Tensor, dim: int, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Computes the fixed two-dimensional position embedding, relative to each image's size.

    Args:
        padding: bool, (B, H, W), True outside the image.
        dim: the number of channels, a multiple of 4. The first half is for y and the second for x,
            each alternating between sine and cosine.
        dtype: the dtype to compute in, float32 or float64.

    Returns:
        The embedding, of this dtype, (B, dim, H, W).
    """
    inside = (~padding).to(dtype)
    channel = torch.arange(dim // 2, device=padding.device)
    wavelength = torch.pow(10000, (2 * (channel // 2) / (dim // 2)).to(dtype))
    halves = []
    for axis in (1, 2):
        place = inside.cumsum(axis)
        last = place.narrow(axis, -1, 1)
        angle = (2 * math.pi * place / (last + 1e-6))[..., None] / wavelength
        halves.append(torch.where(channel % 2 == 0, angle.sin(), angle.cos()))
    return torch.cat(halves, dim=3).permute(0, 3, 1, 2)
