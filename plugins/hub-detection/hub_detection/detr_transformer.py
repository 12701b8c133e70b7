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
    """What encoder and decoder layers share (post-norm, ReLU)."""

    def __init__(self, dim: int, num_heads: int, dim_feedforward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(dim, num_heads, dropout, batch_first=True)
        self.linear1 = nn.Linear(dim, dim_feedforward)
        self.linear2 = nn.Linear(dim_feedforward, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def _self_attention(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        # Positions take part in where to look, not in what is seen there.
        query = x + position
        attended, _ = self.self_attn(query, query, x, key_padding_mask=padding, need_weights=False)
        out: Tensor = self.norm1(x + self.dropout(attended))
        return out

    def _feed_forward(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.linear1(x).relu())
        out: Tensor = x + self.dropout(self.linear2(hidden))
        return out


class EncoderLayer(_TransformerLayer):
    def forward(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        x = self._self_attention(x, position, padding)
        out: Tensor = self.norm2(self._feed_forward(x))
        return out


class DecoderLayer(_TransformerLayer):
    def __init__(self, dim: int, num_heads: int, dim_feedforward: int, dropout: float) -> None:
        super().__init__(dim, num_heads, dim_feedforward, dropout)
        self.multihead_attn = nn.MultiheadAttention(dim, num_heads, dropout, batch_first=True)
        self.norm3 = nn.LayerNorm(dim)

    def forward(
        self, x: Tensor, query: Tensor, memory: Tensor, position: Tensor, padding: Tensor | None
    ) -> Tensor:
        x = self._self_attention(x, query, None)
        attended, _ = self.multihead_attn(
            x + query, memory + position, memory, key_padding_mask=padding, need_weights=False
        )
        x = self.norm2(x + self.dropout(attended))
        out: Tensor = self.norm3(self._feed_forward(x))
        return out


class Encoder(nn.Module):
    def __init__(self, layers: Sequence[EncoderLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, position: Tensor, padding: Tensor | None) -> Tensor:
        for layer in self.layers:
            x = layer(x, position, padding)
        return x


class Decoder(nn.Module):
    def __init__(self, layers: Sequence[DecoderLayer], dim: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self, query: Tensor, memory: Tensor, position: Tensor, padding: Tensor | None
    ) -> list[Tensor]:
        """The output of every layer, the final one last."""
        x = torch.zeros_like(query)
        outputs = []
        for layer in self.layers:
            x = layer(x, query, memory, position, padding)
            outputs.append(x)
        return [self.norm(x) for x in outputs]


class Transformer(nn.Module):
    """Encoder over image positions, decoder over object queries (the paper's figure 10)."""

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
        """
        Args:
            x, position: (B, S, dim), one entry for each of the S places of the feature map.
            padding: (B, S) bool, True where a place is outside its image; None if none is.
            queries: (Q, dim).

        Returns:
            One tensor (B, Q, dim) for each decoder layer.
        """
        memory = self.encoder(x, position, padding)
        query = queries.expand(len(x), -1, -1)
        outputs: list[Tensor] = self.decoder(query, memory, position, padding)
        return outputs


def sine_position_embedding(padding: Tensor, dim: int) -> Tensor:
    """Fixed two-dimensional position embedding, relative to each image's own size.

    Args:
        padding: (B, H, W) bool, True outside the image.
        dim: number of channels, a multiple of 4: half for y, half for x, sine and cosine in turn.

    Returns:
        (B, dim, H, W), float32.
    """
    inside = (~padding).float()
    channel = torch.arange(dim // 2, device=padding.device)
    wavelength = 10000 ** (2 * (channel // 2) / (dim // 2))
    halves = []
    for axis in (1, 2):
        place = inside.cumsum(axis)
        last = place.narrow(axis, -1, 1)
        angle = (2 * math.pi * place / (last + 1e-6))[..., None] / wavelength
        halves.append(torch.where(channel % 2 == 0, angle.sin(), angle.cos()))
    return torch.cat(halves, dim=3).permute(0, 3, 1, 2)
