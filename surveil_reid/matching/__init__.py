"""Comparing embeddings: distances, k-reciprocal re-ranking and the descriptor index."""

from surveil_reid.matching.distances import (
    check_vectors,
    cosine_similarities,
    euclidean_distances,
    similarity_blocks,
)
from surveil_reid.matching.index import DescriptorIndex, IndexSource
from surveil_reid.matching.neighbours import nearest_neighbours
from surveil_reid.matching.reranking import (
    RerankOptions,
    neighbourhood_overlaps,
    rerank,
    rerank_within,
)

__all__ = [
    "DescriptorIndex",
    "IndexSource",
    "RerankOptions",
    "check_vectors",
    "cosine_similarities",
    "euclidean_distances",
    "nearest_neighbours",
    "neighbourhood_overlaps",
    "rerank",
    "rerank_within",
    "similarity_blocks",
]
