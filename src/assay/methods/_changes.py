"""Changing a model for good: putting a method into it, taking it out again, and knowing it again on disk.

A method that a model is trained or served with derives from `Change`::

    @dataclass(frozen=True)
    class LM2Memory(Change):
        slots: int = 64

        def check(self, model): ...     # refuse in words what it cannot be used with
        def insert(self, model): ...    # put modules in place; also while a saved model is being loaded
        def remove(self, model): ...    # take them out again

and thereby has ``LM2Memory(slots=32).apply(model)``, ``LM2Memory.revert(model)``, ``model.save_pretrained(folder)``
and `load`. What was applied is noted in the model's configuration. The folder is then of the model type ``assay``:
code that does not know the method refuses it instead of loading a model that computes something else. After
`register`, the Auto classes of transformers load it too.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, cast

import transformers
from pydantic import TypeAdapter, ValidationError
from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto

from assay.methods._traits import ATTENTION, Trait, refuse_traits

M = TypeVar("M", bound=PreTrainedModel)

MODEL_TYPE = "assay"
"""The model type of every changed model on disk."""
HOME = "assay_module"
"""The setting by which the configuration of an architecture of our own names its module."""
_NOTES, _STOCK = "assay_changes", "assay_model_type"
_CHANGED = "_assay_changed"
"""The attribute of a model that has changes: another model may share its configuration and have none."""
_GUARD = {"load_with": "assay.methods.load"}
"""Stands in config.json as a quantisation without a method. A stock class of transformers that is called by its name
stops at it; it would otherwise pass over the change and load another model."""
_ROOM = "assay.methods."


class Change:
    """A change that a model is trained or served with. A frozen dataclass of hyper-parameters derives from it."""

    title: ClassVar[str]
    """What the method is called in sentences."""
    supports: ClassVar[Collection[Trait]] = ATTENTION
    """What a model may bring; all else is refused before `check` is asked."""

    def apply(self, model: M) -> M:
        """Put the method into a model, in place, and return the model.

        Do it before an optimizer holds the model's parameters, `torch.compile` sees it, adapters are added or
        accelerate dispatches it.

        Raises:
            ValueError: The model has this change already, or cannot have it. Nothing was changed then.
        """
        _refuse_wrapped(model, self.title)
        if any(isinstance(change, type(self)) for change in changes_of(model)):
            raise ValueError(f"this {type(model).__name__} has {self.title} already: `revert` comes first")
        refuse_traits(model, method=self.title, supports=self.supports)
        self.check(model)
        self.insert(model)
        note_changes(model, [*changes_of(model), self])
        return model

    @classmethod
    def revert(cls, model: M) -> M:
        """Take the method out of a model again, in place, and return the model, which is of its stock architecture.

        Raises:
            ValueError: The model does not have this change, has a later one on top of it, is dispatched over
                devices, or cannot be without it any more.
        """
        _refuse_wrapped(model, cls.title)
        changes = changes_of(model)
        if not any(isinstance(change, cls) for change in changes):
            raise ValueError(f"this {type(model).__name__} has no {cls.title} to take out: `apply` comes first")
        refuse_traits(model, method=cls.title, supports=frozenset(Trait) - {Trait.DISPATCHED, Trait.OFFLOADED})
        if not isinstance(changes[-1], cls):
            raise ValueError(f"{changes[-1].title} was put on top of {cls.title}: revert it first")
        changes[-1].remove(model)
        note_changes(model, changes[:-1])
        return model

    @classmethod
    def of(cls, model: PreTrainedModel) -> Self:
        """The change as it was applied to this model.

        Raises:
            ValueError: The model does not have it.
        """
        for change in changes_of(model):
            if isinstance(change, cls):
                return change
        raise ValueError(f"this {type(model).__name__} has no {cls.title}: `apply` comes first")

    def check(self, model: PreTrainedModel) -> None:
        """Refuse a model that cannot have this change; the model stays as it is.

        Raises:
            ValueError: It cannot.
        """

    def insert(self, model: PreTrainedModel) -> None:
        """Put the change into a model that `check` let through, or into one that is being loaded.

        Weights may be on ``meta`` then: new modules are made on the device of those that they join, and nothing may
        depend on values.
        """
        raise NotImplementedError

    def remove(self, model: PreTrainedModel) -> None:
        """Take the change out of a model that has it."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """What must be known to make this change again, as JSON can hold it."""
        return asdict(cast("Any", self))


def changes_of(model: PreTrainedModel) -> list[Change]:
    """The changes that a model has, in the order in which they were applied."""
    return _read_notes(getattr(model.config, _NOTES, None)) if _CHANGED in vars(model) else []


def note_changes(model: PreTrainedModel, changes: Collection[Change]) -> None:
    """Write down in a model's configuration which changes it has; without any, the configuration is the stock one."""
    config: Any = model.config
    if changes:
        notes = [{"method": _name(change), "settings": change.settings()} for change in changes]
        setattr(config, _NOTES, _as_json(notes))
        config.__class__ = changed_config(type(config))
        setattr(model, _CHANGED, True)
        _register_model(type(config), type(model))
    else:
        vars(model).pop(_CHANGED, None)
        if isinstance(config, _ChangedConfig):
            delattr(config, _NOTES)
            config.__class__ = type(config).stock  # type: ignore[assignment]


def load(folder: str | Path, **options: Any) -> PreTrainedModel:
    """A model that was saved with `save_pretrained`, with the methods that were applied to it, in eval mode.

    A folder without any is loaded by the class that its ``config.json`` names.

    Args:
        folder: Where it was saved, or its name on a hub.
        options: What else ``from_pretrained`` takes: ``dtype``, ``device_map``, settings of the configuration ...

    Raises:
        ValueError: The folder holds no model of transformers, names a method that is not known here, or weights are
            missing or left over.
    """
    register()
    if unusable := sorted({"config", "output_loading_info"} & options.keys()):
        raise ValueError(f"load takes no {unusable[0]}: it reads the folder's own, and returns the model alone")
    place = Path(folder)
    if not (place / "config.json").is_file() and (place.is_dir() or place.is_absolute()):
        missing = "holds no config.json" if place.is_dir() else "does not exist"
        raise ValueError(f"{folder} {missing}: name a folder that save_pretrained has written")
    settings, _ = PreTrainedConfig.get_config_dict(folder)
    if _NOTES in settings and settings.get("model_type") != MODEL_TYPE:
        raise ValueError(
            f"the config.json of {folder} notes changes and is not of model_type {MODEL_TYPE!r}: it is damaged"
        )
    home = _home(settings)
    types = {name: options.pop(name) for name in ("dtype", "torch_dtype") if name in options}
    config, options = AutoConfig.from_pretrained(folder, return_unused_kwargs=True, **options)
    stock = _architecture((config.architectures or [""])[0], folder, home)
    kind: Any = changed_model(stock, type(config)) if isinstance(config, _ChangedConfig) else stock
    model, report = kind.from_pretrained(folder, config=config, output_loading_info=True, **types, **options)
    _check_report(report, folder)
    return cast("PreTrainedModel", model.eval())


@cache
def register() -> None:
    """Let the Auto classes of transformers load changed models, ``AutoModelForCausalLM.from_pretrained`` and the like.

    `load` and ``apply`` do it by themselves.
    """
    AutoConfig.register(MODEL_TYPE, _SavedConfig, exist_ok=True)


class _ChangedConfig:
    """Mixed into the configuration class of a changed model: on disk it is of another model type."""

    stock: ClassVar[type[PreTrainedConfig]]

    def to_json_string(self, use_diff: bool = True) -> str:  # noqa: FBT001, FBT002 - transformers' own
        """The configuration as JSON."""
        settings = json.loads(super().to_json_string(use_diff=use_diff))  # type: ignore[misc]
        settings |= {_STOCK: settings["model_type"], "model_type": MODEL_TYPE, "quantization_config": _GUARD}
        return json.dumps(settings, indent=2, sort_keys=True) + "\n"

    def __reduce__(self) -> Any:
        return _restored_config, (self.stock, self.__dict__)


class _SavedConfig(PreTrainedConfig):  # type: ignore[misc]  # transformers is untyped in parts
    """What the Auto classes find for the model type ``assay``: it reads the configuration of the changed model."""

    model_type = MODEL_TYPE

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """The configuration of the model's own class, with the changes noted."""
        settings = dict(config_dict)
        home = _home(settings)
        settings["quantization_config"] = _GUARD  # until a class that knows the changes takes it off
        try:
            stock = type(AutoConfig.for_model(settings.pop(_STOCK)))
            _read_notes(settings[_NOTES])
        except KeyError as error:
            raise ValueError(
                f"this config.json says model_type {MODEL_TYPE!r} and lacks {error}: it is damaged"
            ) from None
        kind = changed_config(stock)
        config = kind.from_dict(settings | {"model_type": stock.model_type}, **kwargs)
        loaded = config[0] if isinstance(config, tuple) else config
        _register_model(kind, _architecture((loaded.architectures or [""])[0], "this folder", home))
        return config


def changed_config(stock: Any) -> Any:
    """The configuration class of changed models whose stock one this is; the same each time."""
    if issubclass(stock, _ChangedConfig):
        return stock
    if stock not in _CLASSES:
        namespace = {"stock": stock, "__module__": stock.__module__}
        # Of another name: the Auto classes know a configuration's class by its name as well.
        _CLASSES[stock] = type(f"Changed{stock.__name__}", (_ChangedConfig, stock), namespace)
    return _CLASSES[stock]


def changed_model(stock: Any, config: Any) -> Any:
    """The class by which changed models of a stock class are made and loaded; what it loads is of the stock class."""
    if (stock, config) not in _CLASSES:
        _CLASSES[stock, config] = _changed_model(stock, config)
    return _CLASSES[stock, config]


_CLASSES: dict[Any, Any] = {}
"""Classes of changed models and configurations that were made so far, by what they are made from."""


def _changed_model(stock: Any, config: Any) -> Any:
    class Changed(stock):  # type: ignore[misc]
        config_class = config

        def __init__(self, config: Any, *args: Any, **kwargs: Any) -> None:
            vars(config).pop("quantization_config", None)
            kind = type(config)
            # Some heads make the model below them by its configuration's class.
            config.__class__ = kind.stock
            try:
                super().__init__(config, *args, **kwargs)
            finally:
                config.__class__ = kind
            before = set(self.modules())
            setattr(self, _CHANGED, True)
            for change in changes_of(self):
                change.insert(self)
            for module in before:
                # A module with a new part is not of the kind that the stock class knows how to begin. Its own buffers
                # that are not saved must begin all the same.
                if any(part not in before for part in module.children()) and not list(module.buffers(recurse=False)):
                    module._is_hf_initialized = True  # noqa: SLF001 - transformers looks for it

        @classmethod
        def from_pretrained(cls, folder: Any, *args: Any, **options: Any) -> Any:
            wants_report = options.pop("output_loading_info", False)
            vars(options["config"]).pop("quantization_config", None)
            model, report = super().from_pretrained(folder, *args, output_loading_info=True, **options)
            _check_report(report, folder)
            model.__class__ = stock
            return (model, report) if wants_report else model

    # Under the stock class's name, by which transformers knows how weights are renamed as they are loaded.
    Changed.__name__, Changed.__qualname__, Changed.__module__ = stock.__name__, stock.__qualname__, stock.__module__
    return Changed


def _check_report(report: Mapping[str, Any], folder: Any) -> None:
    """Refuse a loaded model of which weights were missing, left over or of another shape."""
    kinds = ("missing_keys", "unexpected_keys", "mismatched_keys")
    if amiss := sorted({str(key) for kind in kinds for key in report[kind]}):
        raise ValueError(
            f"the weights in {folder} are not those of its config.json: {amiss[0]} is missing, left over or of another "
            f"shape, as are {len(amiss) - 1} others"
        )


def _register_model(config: Any, stock: Any) -> None:
    """Tell those Auto classes that know the stock class of its changed models."""
    register()
    for auto in vars(modeling_auto).values():
        mapping: Any = getattr(auto, "_model_mapping", None)
        if not hasattr(mapping, "register") or config.stock not in mapping:
            continue
        classes = mapping[config.stock]
        if stock in (classes if isinstance(classes, tuple) else (classes,)):
            mapping.register(config, changed_model(stock, config), exist_ok=True)


def _home(settings: Mapping[str, Any]) -> Any:
    """Where a model's class stands: in transformers, or in the module of ours that its configuration names."""
    if HOME not in settings:
        return transformers
    try:
        return import_module(_ROOM + settings[HOME])
    except ImportError:
        raise ValueError(f"the model is of {settings[HOME]!r}, which this version of Assay does not have") from None


def _architecture(name: str, folder: str | Path, home: Any) -> Any:
    kind = getattr(home, name, None)
    if not (isinstance(kind, type) and issubclass(kind, PreTrainedModel)):
        raise ValueError(f"{folder} names the class {name or 'of no model'}, which {home.__name__} does not have")
    return kind


def _restored_config(stock: type[PreTrainedConfig], attributes: dict[str, Any]) -> Any:
    config = object.__new__(changed_config(stock))
    config.__dict__.update(attributes)
    return config


def _name(change: Change) -> str:
    """Where a change stands: in its method's public module, so that a saved model outlives private ones."""
    kind = type(change)
    module = kind.__module__
    while module.rpartition(".")[2].startswith("_"):
        module = module.rpartition(".")[0]
    if getattr(import_module(module), kind.__qualname__, None) is not kind:
        raise ValueError(f"{module} does not offer {kind.__qualname__}: a change that is saved is public there")
    return f"{module.removeprefix(_ROOM)}:{kind.__qualname__}"


def _read_notes(notes: Any) -> list[Change]:
    """The changes that a configuration notes."""
    if not isinstance(notes, list) or not all(isinstance(note, dict) for note in notes):
        raise ValueError(f"{_NOTES} in config.json is no list of changes: it is damaged")
    changes = [_read_note(note) for note in notes]
    if len({type(change) for change in changes}) < len(changes):
        raise ValueError(f"{_NOTES} in config.json notes a change twice: it is damaged")
    return changes


def _read_note(note: Mapping[str, Any]) -> Change:
    """The change that a note tells of; nothing but what is public under `assay.methods` is imported for it."""
    module, _, name = str(note["method"]).partition(":")
    try:
        kind = None if "._" in f".{module}" else getattr(import_module(_ROOM + module), name)
    except (ImportError, AttributeError):
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, Change)):
        raise ValueError(f"the model was changed by {note['method']!r}, which this version of Assay does not have")
    try:
        change: Change = TypeAdapter(kind).validate_python(note["settings"])
    except ValidationError as error:
        fault = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"the settings of {kind.title} in config.json are not valid: {fault}") from None
    settings, noted = _as_json(change.settings()), note["settings"]
    if unlike := [key for key in {**settings, **noted} if key not in settings or settings[key] != noted.get(key, ...)]:
        raise ValueError(
            f"the settings of {kind.title} in config.json are not those of this version of Assay: {unlike[0]} for one"
        )
    return change


def _as_json(settings: Any) -> Any:
    return json.loads(json.dumps(settings))


def _refuse_wrapped(model: object, title: str) -> None:
    name = type(model).__name__
    if hasattr(model, "_orig_mod"):
        raise ValueError(f"{title} goes into the model itself, not into what torch.compile made of it")
    if not isinstance(model, PreTrainedModel):
        raise ValueError(f"{title} goes into models of transformers, which {name} is not: unwrap the model first")
