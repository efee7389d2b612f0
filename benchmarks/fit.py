"""The engine of `neolab.learn.fit` against the five loops that it replaced, in the same run.

``python benchmarks/fit.py --base ../neolab-713e78f``
    ``--base`` is a checkout of commit 713e78f (``git worktree add ../neolab-713e78f 713e78f``), the last one
    in which every study had a loop of its own. Both engines get its networks, losses, augmentation and
    watches, and make the same number of steps on the same pictures. Old and new take turns (A B, B A, ...);
    the ratio is the median over the turns, and above 1 where the new engine is slower. ``--rounds``,
    ``--studies``.

Processor time of one thread on a CPU, because other work may share it, and wall time on a GPU.
"""

import argparse
import importlib
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from neolab.learn.compute import channels_last, pick_device
from neolab.learn.fit import Recipe, fit, shuffled

SEED, ROUNDS = 0, 6
OLD_MODULES = (
    "compute",
    "wu2021.fitting",
    "wu2021.network",
    "wada2019.fit",
    "wada2019.network",
    "gloresnet2026.augment",
    "gloresnet2026.fit",
    "gloresnet2026.mixup",
    "gloresnet2026.network",
    "raad2023.fit",
    "raad2023.network",
    "raad2023.step",
    "sundaresan2023.networks",
    "sundaresan2023.optimisation",
    "sundaresan2023.training",
)


def old_modules(base: str) -> dict:
    """Import the loops of another checkout beside the package of this one."""
    mine = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "neolab"}
    sys.path.insert(0, base)
    try:
        return {name: importlib.import_module(f"neolab.models.{name}") for name in OLD_MODULES}
    finally:
        sys.path.remove(base)
        for name in [name for name in sys.modules if name.split(".")[0] == "neolab"]:
            del sys.modules[name]
        sys.modules.update(mine)


def wu2021(old: dict, device: torch.device) -> tuple[Callable, Callable]:
    """ResNet18 on 60 slices of 64 x 64, batches of ten, loss and accuracy of every batch."""
    fitting, epochs = old["wu2021.fitting"], 3
    pictures, labels = torch.rand(60, 1, 64, 64, device=device), torch.arange(60, device=device) % 2
    theirs = fitting.Recipe(epochs)
    draw = torch.Generator().manual_seed(SEED)

    def build():
        return old["compute"].seeded(old["wu2021.network"].build_network, SEED).to(device)

    def loss(network, seen, truth):
        logits = network(seen)
        return {
            "loss": functional.cross_entropy(logits, truth),
            "accuracy": (logits.argmax(dim=1) == truth).float().mean(),
        }

    def batches(rng):
        for chosen, truth in shuffled((pictures, labels), np.arange(60), 10, rng, drop_last=True):
            yield theirs.augmentation(chosen, draw), truth

    recipe = Recipe(epochs, 10, 3e-4, "sgd", weight_decay=1e-4, mixed_precision=False)

    def mine():
        network = build()
        fit(network, batches, loss, recipe, groups=partial(head_learns_faster, recipe), every_batch=True)
        fitting.settle_batch_norm(network, pictures)

    return lambda: fitting.fit(build(), pictures, labels, theirs, SEED), mine


def head_learns_faster(recipe: Recipe, network) -> list[dict]:
    """Two groups of weights."""
    head = {id(parameter) for parameter in network.head.parameters()}
    body = [parameter for parameter in network.parameters() if id(parameter) not in head]
    return [{"params": body}, {"params": network.head.parameters(), "lr": 10 * recipe.learning_rate}]


def wada2019(old: dict, device: torch.device) -> tuple[Callable, Callable]:
    """The myelin-age network on 48 infants of ten pictures of 32 x 32, batches of 16."""
    epochs, size = 6, 32
    images, ages = torch.rand(48, 2, 5, size, size), np.linspace(0, 24, 48)
    theirs = old["wada2019.fit"].Recipe(epochs)

    def loss(network, seen, truth):
        return (network(seen).float() - truth).square().mean()

    def mine():
        build = partial(old["wada2019.network"].MyelinAgeNetwork, False, image_size=size)
        network = old["compute"].seeded(build, SEED).to(device)
        truth = torch.tensor(ages, dtype=torch.float32, device=device)
        data = images.to(device), truth
        fit(network, lambda rng: shuffled(data, np.arange(48), 16, rng), loss, Recipe(epochs, 16, 1e-3))

    return lambda: old["wada2019.fit"].fit(images, ages, theirs, SEED), mine


def gloresnet2026(old: dict, device: torch.device) -> tuple[Callable, Callable]:
    """The narrow 3-D ResNet-10 on 24 cubes of 32 voxels, mixed and mirrored, eight predicted every epoch."""
    glo, augment, mixup = (old[f"gloresnet2026.{name}"] for name in ("fit", "augment", "mixup"))
    epochs, train, test = 3, np.arange(24), np.arange(24, 32)
    volumes, labels = torch.randn(32, 1, 32, 32, 32, device=device), np.arange(32) % 2
    theirs = glo.Recipe(epochs, 8)
    build = partial(old["gloresnet2026.network"].GloResNet, 0.25)
    one_hot = functional.one_hot(torch.tensor(labels), 2).float().to(device)
    weights = mixup.class_weights(torch.tensor(labels)[train]).to(device)

    def batches(rng):
        for seen, truth in shuffled((volumes, one_hot), train, 8, rng):
            seen = channels_last(augment.mirror_some(seen, theirs.flip_probability, rng))
            yield mixup.mix(seen, truth, mixup.draw_lambda(len(seen), 1.0, 0.5, True, rng), rng)

    def loss(network, seen, truth):
        return mixup.soft_cross_entropy(network(seen).float(), truth, weights)

    def watch(network):
        plain, mirrored = glo.predict_both(network, volumes[test], theirs)
        entropy = glo.cross_entropy(mirrored, labels[test])
        return {"loss": entropy, "accuracy": np.mean((mirrored > 0.5) == labels[test]), "plain": plain}

    recipe = Recipe(epochs, 8, 2e-3, "adamw", weight_decay=0.01, schedule="cosine")

    def mine():
        network = channels_last(old["compute"].seeded(build, SEED).to(device))
        network = fit(old["compute"].guard_small_maps(network), batches, loss, recipe, watch=watch).network
        glo.predict_both(network, volumes[train], theirs)

    return lambda: glo.fit_fold(volumes, labels, train, test, theirs, SEED, build), mine


def raad2023(old: dict, device: torch.device) -> tuple[Callable, Callable]:
    """A narrow autoencoder on 16 cubes of 32 voxels, one at a time, four watched."""
    raad, step, epochs = old["raad2023.fit"], old["raad2023.step"], 2
    volumes = torch.rand(20, 1, 32, 32, 32, device=device)
    train, held_out = volumes[:16], volumes[16:]
    theirs = step.Recipe(epochs)

    def build():
        narrow = partial(old["raad2023.network"].Autoencoder, "std_16x16", 32, 8)
        return old["compute"].seeded(narrow, SEED).to(device)

    def loss(network, volume):
        reconstruction, divergence = network(volume)
        mse = (reconstruction.float() - volume).square().mean()
        return {"loss": mse + theirs.divergence_weight * divergence.float() / volume[0].numel(), "mse": mse}

    def watch(network):
        return {"mse": float(np.mean(raad.mean_squared_errors(network, held_out, theirs)))}

    def mine():
        network = channels_last(build()) if device.type == "cuda" else build()
        recipe = Recipe(epochs, 1, 1e-3, epsilon=1e-7)
        with step.fastest_convolutions():
            fit(network, lambda rng: shuffled((train,), np.arange(16), 1, rng), loss, recipe, watch=watch)

    return lambda: raad.fit(build(), train, held_out, theirs, SEED), mine


def sundaresan2023(old: dict, device: torch.device) -> tuple[Callable, Callable]:
    """A narrow detector on 24 patches of 24 voxels an epoch, batches of eight, eight watched."""
    training, epochs, size = old["sundaresan2023.training"], 2, 24
    rng = np.random.default_rng(SEED)
    images = rng.random((32, 2, size, size, size), dtype=np.float32)
    examples = [(image, image[0] > 0.9, number % 2) for number, image in enumerate(images)]
    theirs = training.Recipe((size,) * 3, patches_per_epoch=24, epochs=epochs)

    def build():
        networks = old["sundaresan2023.networks"]
        return networks.initialise(networks.Detector(0.25), SEED, "paper").to(device)

    def objective(network):
        return old["sundaresan2023.optimisation"].detector_objective(network)

    def draw(rng, count):
        return [examples[i] for i in rng.integers(24, size=count)]

    def batch(chosen):
        seen, target, label = training._stack(chosen, device)
        return channels_last(seen) if device.type == "cpu" else seen, target, label

    def batches(rng):
        return (batch(draw(rng, 8)) for _ in range(3))

    def mine():
        network = channels_last(build()) if device.type == "cpu" else build()
        loss_of = objective(network)
        stepwise = {"schedule": "step", "final_learning_rate": 1e-6, "keep": "best", "patience": 20}
        on_gpu = device.type == "cuda"
        recipe = Recipe(epochs, 8, 1e-3, epsilon=1e-4, mixed_precision=on_gpu, **stepwise)
        held_out = examples[24:]

        def watch(network):
            return {"loss": training._validate(network, loss_of, held_out, theirs, device)}

        fit(network, batches, lambda network, *data: loss_of(*data), recipe, watch=watch)

    def its():
        network = build()
        held_out = examples[24:]
        training._fit(
            network, objective(network), draw, lambda rng, count: held_out, theirs, SEED, lambda: None
        )

    return its, mine


STUDIES = {case.__name__: case for case in (wu2021, wada2019, gloresnet2026, raad2023, sundaresan2023)}


def seconds(work: Callable, device: torch.device) -> float:
    """What one fit takes."""
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    start = clock()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def turn(works: tuple[Callable, Callable], device: torch.device, new_first: bool) -> list[float]:
    """Seconds of the old and of the new engine, which take turns in being first."""
    measured = [seconds(work, device) for work in (works[::-1] if new_first else works)]
    return measured[::-1] if new_first else measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help="a checkout of commit 713e78f")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=list(STUDIES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    device = pick_device()
    old = old_modules(options.base)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {device}")
    print(f"{'study':<16}{'old s':>8}{'new s':>8}{'ratio':>8}{'lowest':>8}{'highest':>9}")
    for name in options.studies:
        torch.manual_seed(SEED)
        works = STUDIES[name](old, device)
        for work in works:
            work()  # warm up
        turns = [turn(works, device, number % 2 == 1) for number in range(options.rounds)]
        before, after = (statistics.median(column) for column in zip(*turns, strict=True))
        ratios = sorted(new / its for its, new in turns)
        print(
            f"{name:<16}{before:8.2f}{after:8.2f}{statistics.median(ratios):8.3f}{ratios[0]:8.3f}{ratios[-1]:9.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
