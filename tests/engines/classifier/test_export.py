"""What training writes is what it fitted, but for half precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import BANDS, FRAMES
from daemon.engines.classifier.network import Network
from daemon.engines.classifier.picture import PLANES
from daemon.kernel.work import EMBEDDING_DIMS
from training.tagger.calibration import Calibration
from training.tagger.export import export, graph_of
from training.tagger.network import Tagger


def test_the_file_says_what_the_networks_say_together(tmp_path: Path) -> None:
    torch.manual_seed(3)
    embedder = Tagger((8, 8, 12, 16), planes=1)
    voters = [Tagger((8, 8, 12, 16), planes=PLANES), Tagger((8, 12, 12, 16), planes=PLANES, blurred=True)]
    pictures = np.random.default_rng(3).random((5, PLANES, BANDS, FRAMES)).astype(np.float16)
    given = torch.from_numpy(pictures.astype(np.float32))
    for member in (embedder, *voters):
        for _ in range(20):  # the norms learn what they will see
            member.train()(given)
        member.eval()
    temperatures, together = (0.7, 1.3), Calibration(1.2, 0.4)
    graphs = [graph_of(voter, t) for voter, t in zip(voters, temperatures, strict=True)]
    export(graph_of(embedder), graphs, together, tmp_path / "all.onnx", {"about": "a test"})
    shares, embeddings = Network(tmp_path / "all.onnx")(pictures)
    with torch.no_grad():
        said = [voter(given)[0] for voter in voters]
        compared = embedder(given)[1]
    logs = [torch.log_softmax(logits / t, dim=1) for logits, t in zip(said, temperatures, strict=True)]
    expected = together.shares(torch.stack(logs).mean(dim=0).numpy())
    assert shares.shape == (5, len(CLASSES)) and embeddings.shape == (5, EMBEDDING_DIMS)
    np.testing.assert_allclose(shares, expected, atol=2e-3)
    np.testing.assert_allclose(embeddings, compared.numpy(), atol=2e-3)
    assert expected.std() > 0.005  # not everything is alike
