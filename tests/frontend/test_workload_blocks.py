"""Workloads that are parts of transformers and single operators: names, shapes, values on Spike."""

from __future__ import annotations

import pytest
import torch

from npu.frontend.source import open_source
from npu.frontend.workloads.by_name import MAKERS, TYPED
from npu.frontend.workloads.forms import BEGINNINGS, FORMS, Form, parse
from npu.frontend.workloads.networks import MODELS, network_model
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run
from npu.runtime.value_check import check_values

SMALL = [
    "add_100", "exp_100", "read_only_1000", "attention_2x16x8", "attn_enc_2x5x8",
    "attn_dec_4x2x3x16x8", "sdpa_prefill_b2_hq4_hkv2_s8_d8", "sdpa_decode_b1_hq4_hkv2_s8_d8",
    "ffn_gated_2x8x24", "ffn_erf_3x8x32",
]  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_values_on_spike(name: str) -> None:
    source = open_source(name)
    compiled = compile_text(source.program.source, "8x8")
    run = spike_run(compiled, source.program.values, StageClock())
    rounded = source.program.rounded_positions
    check = check_values(compiled, source.program.values, run, source.reference(), rounded)
    assert check.passed, check.first_fault


def test_every_form_has_a_maker_and_the_other_way_round() -> None:
    assert {form.kind for form in FORMS} == {*MAKERS, *TYPED, *MODELS}
    assert all(name.rstrip("_") in {form.kind for form in FORMS} for name in BEGINNINGS)


@pytest.mark.parametrize("form", FORMS, ids=[form.kind for form in FORMS])
def test_a_name_is_parsed_as_its_form_says(form: Form) -> None:
    sizes = tuple(range(3, 3 + len(form.sizes)))
    if form.is_labelled:
        parts = [f"{label}{size}" for label, size in zip(form.sizes, sizes, strict=True)]
        name = "_".join((form.kind, *parts))
    else:
        name = f"{form.kind}_{'x'.join(map(str, sizes))}"
    assert parse(name) == (form, sizes)
    if form.default is not None:
        assert parse(form.kind) == (form, form.default)


def test_bert_base_is_as_large_as_published() -> None:
    """Table 1 of the paper: 110 M parameters, 12 such blocks and embeddings of 23.8 M."""
    model = network_model("bert_base", (512,))
    assert sum(one.numel() for one in model.parameters()) == 7_087_872
    assert model(torch.zeros(5, 768)).shape == (5, 768)
