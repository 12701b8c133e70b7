"""Bad input for every command: what people mistype, half-written files, folders where files belong.

One command a line, as a shell would split it; `$` begins a name from `workspace`.
"""

from __future__ import annotations

import json
import os
import shlex
import zipfile
from pathlib import Path

COMMANDS = r"""
# the command itself
lst
$ESC
-x
--weights
''
' '
hub/list
no-such/list
/
list/
../list

# names of models
show ''
show ' '
show .
show ..
show /
show //
show a/b/c
show resnet5
show RESNET50!
show $ESC
show $LONG
show 'resnet50 '
show 'res*'
show none
show 'hub-classification/'
show '/resnet50'
show hub-classification/ssd
show no-such/resnet50
show $NUL
show --json ''
show résnet50
show 模型

# names of weights
show ResNet50_Weights.
show .IMAGENET1K_V1
show ResNet50_Weights.V9
show ResNet50_Weights.IMAGENET1K_V1.x
show ResNet50_Weights..DEFAULT
show resnet50_weights.default.
show resnet50.IMAGENET1K_V1.
show hub-classification/ResNet50_Weights.
show hub-classification/.
show ResNet50_Weights.$ESC
show ResNet50_Weights.__class__
show ResNet50_Weights.name
show ResNet50_Weights.mro
show ResNet5_Weights
download ResNet50_Weights.
download .
download ''
download zzz*
download '['
download $LONG
download $ESC
download no-such/*
download resnet50 ''
download resnet50
download resnet50 --dry-run --all zzz
download --no-check-hash zzz
predict ResNet50_Weights. $PHOTO
predict ResNet50_Weights.DEFAULT $PHOTO
predict . $PHOTO

# listing
list --task zzz
list --task ''
list --plugin zzz
list --plugin ''
list --where ''
list --where 'params<'
list --where 'params<<3'
list --where 'params<3 and'
list --where '(((('
list --where 'zzz=1'
list --where 'params=1e999'
list --where $ESC
list --where $PARENTHESES
list --sort zzz
list --sort ''
list --sort params:up
list --sort :
list --zzz

# prediction
predict
predict mobilenet_v2
predict zzz $PHOTO
predict $ESC $PHOTO
predict none $PHOTO
predict mobilenet_v2 ''
predict mobilenet_v2 $ESC
predict mobilenet_v2 missing.jpg
predict mobilenet_v2 missing/*.jpg
predict mobilenet_v2 $JUNK
predict mobilenet_v2 $EMPTY
predict mobilenet_v2 $TRUNCATED
predict mobilenet_v2 $EMPTY_FOLDER
predict mobilenet_v2 /dev/null
predict mobilenet_v2 $LONG
predict mobilenet_v2 $NUL
predict mobilenet_v2 https://example.com/photo.jpg
predict mobilenet_v2 $PHOTO --weights ''
predict mobilenet_v2 $PHOTO --weights .
predict mobilenet_v2 $PHOTO --weights V9
predict mobilenet_v2 $PHOTO --weights $ESC
predict mobilenet_v2 $PHOTO --weights MobileNet_V2_Weights.
predict mobilenet_v2 $PHOTO --weights ResNet50_Weights.DEFAULT
predict mobilenet_v2 $PHOTO --weights no-such/X_Weights.V1
predict mobilenet_v2 $PHOTO --weights $JUNK
predict mobilenet_v2 $PHOTO --weights none
predict mobilenet_v2 $PHOTO --device zzz
predict mobilenet_v2 $PHOTO --device ''
predict mobilenet_v2 $PHOTO --device cuda:99
predict mobilenet_v2 $PHOTO --device cuda:-1
predict mobilenet_v2 $PHOTO --device cpu:x
predict mobilenet_v2 $PHOTO --device $ESC
predict mobilenet_v2 $PHOTO --device meta
predict mobilenet_v2 $PHOTO --top 0
predict mobilenet_v2 $PHOTO --top -1
predict mobilenet_v2 $PHOTO --top x
predict mobilenet_v2 $PHOTO --top 1.5
predict mobilenet_v2 $PHOTO --top ''
predict mobilenet_v2 $PHOTO --top 99999999999999999999
predict mobilenet_v2 $PHOTO --score x
predict mobilenet_v2 $PHOTO --score nan
predict mobilenet_v2 $PHOTO --score 2
predict mobilenet_v2 $PHOTO --score -0.1
predict mobilenet_v2 $PHOTO --batch-size 0
predict mobilenet_v2 $PHOTO --batch-size many
predict mobilenet_v2 $PHOTO --fps 0
predict mobilenet_v2 $PHOTO --fps inf
predict mobilenet_v2 $PHOTO --fps soon
predict mobilenet_v2 $PHOTO --dtype int4
predict mobilenet_v2 $PHOTO --output $JUNK
predict mobilenet_v2 $PHOTO --output $JUNK/x
predict mobilenet_v2 $PHOTO --output /proc/x
predict mobilenet_v2 $PHOTO --output $FULL
predict mobilenet_v2 $PHOTO --output $NUL
predict mobilenet_v2 $PHOTO --output $LONG
predict raft_small $PHOTO
predict r3d_18 $JUNK
predict r3d_18 $EMPTY_FOLDER
predict mobilenet_v2 $PHOTO --executor zzz --output $OUT
predict mobilenet_v2 $PHOTO --executor ''
predict mobilenet_v2 $PHOTO --executor $ESC --output $OUT
predict mobilenet_v2 $PHOTO --processes 2
predict mobilenet_v2 $PHOTO --processes 0 --executor zzz
predict mobilenet_v2 $PHOTO --gpus 0.5
predict mobilenet_v2 $PHOTO --format jsonl

# the store
cache
cache zzz
cache path zzz
cache path ResNet50_Weights.
cache path resnet50
cache path ''
cache verify zzz
cache verify ResNet50_Weights.
cache import missing.pth
cache import ''
cache import $ESC
cache import $NUL
cache import $LONG
cache import $FULL
cache prune --older-than soon
cache prune --older-than -1d
cache prune --max-size big
cache prune --max-size -1
cache prune --max-size nan
cache pin
cache pin zzz 00
cache pin ResNet50_Weights.DEFAULT zz
cache pin ResNet50_Weights. 00
cache forget zzz
cache forget ''
cache forget https://nowhere.example/x.pth

# bundles, lock files
bundle
bundle create
bundle create zzz -o $OUT
bundle create ResNet50_Weights. -o $OUT
bundle create resnet50 -o $OUT
bundle create resnet50 -o $JUNK/x
bundle create resnet50 -o $FULL
bundle create resnet50 -o $EMPTY_FOLDER
bundle import missing.hub
bundle import $JUNK
bundle import $EMPTY
bundle import $EMPTY_FOLDER
bundle import $BROKEN_ZIP
bundle import ''
bundle import $FULL
lock zzz
lock ResNet50_Weights.
lock . -o $OUT
lock --add
lock resnet50 -o $EMPTY_FOLDER
lock resnet50 -o $JUNK
lock resnet50 -o $JUNK/x --yes
lock resnet50 -o $FULL
lock resnet50 -o $FULL --yes
lock resnet50 -o /proc/lock
lock resnet50 -o missing/hub.lock
lock resnet50 -o ''
lock resnet50 -o $NUL
lock resnet50 -o $LONG
lock resnet50 -o $BROKEN_JSON
lock resnet50 -o $LIST_JSON
sync missing.lock
sync $JUNK
sync $EMPTY
sync $BROKEN_JSON
sync $LIST_JSON
sync $DEEP_JSON
sync $EMPTY_FOLDER
sync ''
sync $NUL
sync $FULL

# authors
check zzz
check ''
check .
check $ESC
check hubcore
check $BROKEN_JSON
check $JUNK
check $EMPTY_FOLDER
check hub-video --models zzz
new ''
new .
new /
new '1 2'
new $ESC
new $LONG
new acme --model zzz
new acme --model ResNet50_Weights.
new acme --kind zzz
new acme --model resnet50 --dir $JUNK
new acme --model resnet50 --dir $JUNK/x
new acme --model resnet50 --dir /proc/x
new acme --model resnet50 --dir $NUL
catalog
catalog zzz
catalog validate missing.json
catalog validate $BROKEN_JSON
catalog validate $LIST_JSON
catalog validate $DEEP_JSON
catalog validate $JUNK
catalog validate $EMPTY
catalog validate $EMPTY_FOLDER
catalog validate ''
catalog validate $NUL
catalog validate $ESC
catalog trust missing.json
catalog trust $BROKEN_JSON
catalog trust $EMPTY_FOLDER
catalog export zzz
catalog export ''
catalog export .
catalog export ..x
catalog export os
catalog export os.path
catalog export $ESC
catalog export torchvision.models --builder x
catalog export torchvision.models --builder =
pack
pack missing.pth $PACK
pack $JUNK $PACK
pack $EMPTY $PACK
pack $EMPTY_FOLDER $PACK
pack $BROKEN_ZIP $PACK
pack $NUL $PACK
pack /dev/null $PACK
pack $LIST_CHECKPOINT $PACK
pack $OTHER_CHECKPOINT $PACK
pack $CHECKPOINT $PACK --name ''
pack $CHECKPOINT $PACK --name '1 2'
pack $CHECKPOINT $PACK --name $ESC
pack $CHECKPOINT $PACK --name $LONG
pack $CHECKPOINT $PACK --version x.y
pack $CHECKPOINT $PACK --version ''
pack $CHECKPOINT $PACK --version $ESC
pack $CHECKPOINT $PACK --member '1 2'
pack $CHECKPOINT $PACK --member ''
pack $CHECKPOINT $PACK --member DEFAULT
pack $CHECKPOINT $PACK --member __init__
pack $CHECKPOINT $PACK --metric acc
pack $CHECKPOINT $PACK --metric acc@1=high
pack $CHECKPOINT $PACK --metric =1
pack $CHECKPOINT $PACK --metric acc@1=1 --dataset ''
pack $CHECKPOINT $PACK --url zzz
pack $CHECKPOINT $PACK --url file:///etc/passwd
pack $CHECKPOINT $PACK --crop-size x
pack $CHECKPOINT $PACK --crop-size 0
pack $CHECKPOINT $PACK --crop-size -224
pack $CHECKPOINT $PACK --resize-size 1.5
pack $CHECKPOINT $PACK --mean 1 2
pack $CHECKPOINT $PACK --mean a b c
pack $CHECKPOINT $PACK --std 0 0 0
pack $CHECKPOINT $PACK --std nan 1 1
pack $CHECKPOINT $PACK --interpolation zzz
pack $CHECKPOINT $PACK --model zzz
pack $CHECKPOINT $PACK --model ResNet50_Weights.
pack $CHECKPOINT $PACK --categories missing.txt
pack $CHECKPOINT $PACK --categories $EMPTY
pack $CHECKPOINT $PACK --categories $JUNK
pack $CHECKPOINT $PACK --categories $BROKEN_JSON
pack $CHECKPOINT $PACK --categories $EMPTY_FOLDER
pack $CHECKPOINT $PACK --output $JUNK
pack $CHECKPOINT $PACK --output $JUNK/x
pack $CHECKPOINT $PACK --output /proc/x
pack $CHECKPOINT $PACK --output $FULL
pack $CHECKPOINT $PACK --output $NUL
pack $CHECKPOINT $PACK --project $JUNK
pack $CHECKPOINT $PACK --project $EMPTY_FOLDER/../junk.pth/x
pack $CHECKPOINT $PACK --project /proc/x
quantize
quantize zzz --calibrate $PHOTO --output $OUT
quantize ssd300_vgg16 --calibrate $PHOTO --output $OUT
quantize ResNet50_Weights. --calibrate $PHOTO --output $OUT
quantize mobilenet_v2 --calibrate missing.jpg --output $OUT
quantize mobilenet_v2 --calibrate $EMPTY_FOLDER --output $OUT
quantize mobilenet_v2 --calibrate $JUNK --output $OUT
quantize mobilenet_v2 --calibrate '' --output $OUT
quantize mobilenet_v2 --calibrate $PHOTO --output $JUNK/x
quantize mobilenet_v2 --calibrate $PHOTO --output $EMPTY_FOLDER
quantize mobilenet_v2 --calibrate $PHOTO --output $FULL
quantize mobilenet_v2 --calibrate $PHOTO --output /proc/x
quantize mobilenet_v2 --calibrate $PHOTO --output ''
quantize mobilenet_v2 --calibrate $PHOTO --output $NUL
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --weights V9
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --weights ''
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --weights MobileNet_V2_Weights.
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --backend zzz
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --name ''
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --name '1 2'
quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --name $ESC

# the command of hub-object-stores
push
push $OUT
push $OUT missing.lock
push $OUT $JUNK
push $OUT $EMPTY_FOLDER
push $JUNK/x $JUNK
push s3://
push ftp://example.invalid/x
push ''
push $NUL
push s3://$ESC
push $OUT --replace --dry-run --json

# the commands of hub-embed
embed
embed mobilenet_v2
embed mobilenet_v2 $PHOTO
embed zzz $PHOTO -o $OUT
embed raft_small $PHOTO -o $OUT
embed mobilenet_v2 missing.png -o $OUT
embed mobilenet_v2 $PHOTO -o $JUNK/x
embed mobilenet_v2 $PHOTO -o $EMPTY_FOLDER
embed mobilenet_v2 $PHOTO -o $NUL
embed mobilenet_v2 $PHOTO -o $OUT --device cpuu
embed mobilenet_v2 $PHOTO -o $OUT --batch-size 0
embed mobilenet_v2 $PHOTO -o $JUNK --append
embed mobilenet_v2 $PHOTO -o $OUT --engine zzz
embed missing.onnx $PHOTO -o $OUT
embed missing.pt2 $PHOTO -o $OUT
predict missing.pt2 $PHOTO
predict missing.pte $PHOTO
embed mobilenet_v2 $PHOTO -o $OUT --executor zzz
embed mobilenet_v2 $PHOTO -o $OUT --executor zzz --append
embed mobilenet_v2 $PHOTO -o $OUT --column x
similar
similar missing.parquet $PHOTO
similar $JUNK $PHOTO
similar $JUNK
similar $JUNK $PHOTO --duplicates
similar $EMPTY_FOLDER $PHOTO
similar $ZERO --duplicates
similar $JUNK --duplicates --at-least 2

# the command of hub-train
train
train mobilenet_v2
train mobilenet_v2 --data missing
train mobilenet_v2 --data ''
train mobilenet_v2 --data $NUL
train mobilenet_v2 --data $EMPTY_FOLDER --output $JUNK/x
train mobilenet_v2 --data $JUNK
train zzz --data $EMPTY_FOLDER
train mobilenet_v2 --data $EMPTY_FOLDER --recipe zzz
train mobilenet_v2 --data $EMPTY_FOLDER --recipe missing.toml
train mobilenet_v2 --data $EMPTY_FOLDER --epochs 0
train mobilenet_v2 --data $EMPTY_FOLDER --epochs x
train mobilenet_v2 --data $EMPTY_FOLDER --validation 2
train mobilenet_v2 --data $EMPTY_FOLDER --validation missing
train mobilenet_v2 --data $EMPTY_FOLDER --seed -1
train mobilenet_v2 --data $EMPTY_FOLDER --limit 0
train mobilenet_v2 --data $EMPTY_FOLDER --device cpuu
train mobilenet_v2 --data $EMPTY_FOLDER --weights V9
train mobilenet_v2 --data $EMPTY_FOLDER --name torch!
train mobilenet_v2 --data $EMPTY_FOLDER --license nonsense
train --show-recipe zzz
train --show-recipe $JUNK
# the commands of hub-evaluate
evaluate
evaluate mobilenet_v2
evaluate mobilenet_v2 --data
evaluate mobilenet_v2 --data missing
evaluate mobilenet_v2 --data ''
evaluate mobilenet_v2 --data $NUL
evaluate mobilenet_v2 --data $ESC
evaluate mobilenet_v2 --data $EMPTY_FOLDER
evaluate mobilenet_v2 --data $JUNK
evaluate mobilenet_v2 --data $BROKEN_JSON
evaluate mobilenet_v2 --data $DEEP_JSON
evaluate zzz --data $EMPTY_FOLDER
evaluate '' --data $EMPTY_FOLDER
evaluate ResNet50_Weights. --data $EMPTY_FOLDER
evaluate mobilenet_v2 --data $PHOTO --weights V9
evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels missing.csv
evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels $EMPTY
evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels $JUNK
evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels $EMPTY_FOLDER
evaluate mobilenet_v2 --data $EMPTY_FOLDER --limit 0
evaluate mobilenet_v2 --data $EMPTY_FOLDER --limit x
evaluate mobilenet_v2 --data $EMPTY_FOLDER --limit 99999999999999999999
evaluate mobilenet_v2 --data $EMPTY_FOLDER --batch-size -1
evaluate mobilenet_v2 --data $EMPTY_FOLDER --workers x
evaluate mobilenet_v2 --data $EMPTY_FOLDER --seed x
evaluate mobilenet_v2 --data $EMPTY_FOLDER --seed -1
evaluate mobilenet_v2 --data $EMPTY_FOLDER --record ''
evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels ''
evaluate mobilenet_v2 --data $EMPTY_FOLDER --device cpuu
evaluate mobilenet_v2 --data $EMPTY_FOLDER --engine zzz
evaluate mobilenet_v2 --data $EMPTY_FOLDER --dataset ''
evaluate mobilenet_v2 --data $EMPTY_FOLDER --record $JUNK/x
evaluate mobilenet_v2 --data $EMPTY_FOLDER --record $FULL
evaluate mobilenet_v2 --data $EMPTY_FOLDER --record /proc/x
evaluate mobilenet_v2 --data $EMPTY_FOLDER --record $NUL
evaluate mobilenet_v2 --data $EMPTY_FOLDER --plot $JUNK/x.png
evaluate mobilenet_v2 --data $EMPTY_FOLDER --plot x.zzz
evaluate --check missing.json --data $EMPTY_FOLDER
evaluate --check $BROKEN_JSON --data $EMPTY_FOLDER
evaluate --check $LIST_JSON --data $EMPTY_FOLDER
evaluate --check $DEEP_JSON --data $EMPTY_FOLDER
evaluate --check $JUNK --data $EMPTY_FOLDER
evaluate --check $EMPTY --data $EMPTY_FOLDER
evaluate --check $EMPTY_FOLDER --data $EMPTY_FOLDER
evaluate --compare mobilenet_v2 --data $EMPTY_FOLDER
evaluate --compare mobilenet_v2 zzz --data $EMPTY_FOLDER

# the command of hub-export
export
export mobilenet_v2
export zzz --output $OUT.onnx
export '' --output $OUT.onnx
export $ESC --output $OUT.onnx
export none --output $OUT.onnx
export ResNet50_Weights. --output $OUT.onnx
export quantized_resnet50 --output $JUNK/x.onnx
export mobilenet_v2 --output ''
export mobilenet_v2 --output $NUL
export mobilenet_v2 --output $OUT
export mobilenet_v2 --output $OUT.zzz
export mobilenet_v2 --output $OUT.onnx --format zzz
export mobilenet_v2 --output $OUT.onnx --format torch
export mobilenet_v2 --output $JUNK/x.onnx
export mobilenet_v2 --output missing/x.onnx
export mobilenet_v2 --output /proc/x.onnx
export mobilenet_v2 --output $OUT.onnx --top 0
export mobilenet_v2 --output $OUT.onnx --top x
export mobilenet_v2 --output $OUT.onnx --layer features
export raft_small --output $OUT.onnx --vectors
export mobilenet_v2 --output $OUT.onnx --weights V9
export mobilenet_v2 --output $OUT.onnx --weights ''
export mobilenet_v2 --output $OUT.onnx --photos missing.jpg
export mobilenet_v2 --output $OUT.onnx --photos $JUNK
export mobilenet_v2 --output $OUT.onnx --photos $EMPTY_FOLDER

# the commands of hub-site
site
site zzz
site build --output $JUNK
site build --output $JUNK/x
site build --output /proc/x
site build --output ''
site build --output $NUL
site serve --port x
site serve --port 99999999
search
search ''
search $ESC
search x --index ''
search x --index $NUL
search x --index missing
search x --index $JUNK
search x --index $EMPTY_FOLDER
search x --index $BROKEN_JSON
search x --index ftp://example.org/
list --index missing
list --index $JUNK
list --index ''

# the commands of hub-provenance
bom zzz
bom ''
bom $ESC
bom ResNet50_Weights.
bom resnet50 --output $JUNK/x
bom resnet50 --output /proc/x
bom resnet50 --output $FULL
bom resnet50 --output $NUL
bom resnet50 --output $EMPTY_FOLDER
card zzz
card ''
card ResNet50_Weights.
card resnet50 --output $JUNK/x
card resnet50 --output $FULL
card resnet50 --output $NUL
licenses zzz
licenses ''
licenses ResNet50_Weights.
licenses $ESC
sign
sign zzz --key $JUNK
sign '' --key $JUNK
sign hub-detection
sign hub-detection --key missing.pem
sign hub-detection --key $JUNK
sign hub-detection --key $EMPTY
sign hub-detection --key $EMPTY_FOLDER
sign hub-detection --key $NUL
sign hub-detection --key $JUNK --password-file missing
sign $BROKEN_JSON --key $JUNK
sign hub-detection --key $JUNK --version x.y
sign hub-detection --key $JUNK --output /proc/x
verify zzz
verify ''
verify $ESC
verify $JUNK
verify $BROKEN_JSON
verify hub-detection --key missing.pem
verify hub-detection --key $JUNK
verify hub-detection --root $EMPTY
verify hub-detection --signature missing.sig
verify hub-detection --signature $JUNK --key $JUNK
plugins zzz
doctor zzz
"""

PACK = "--model resnet18 --categories $CATEGORIES --name acme-flowers --output $WHEELS"


def workspace(folder: Path) -> dict[str, list[str]]:
    """Makes the files that the commands name, and gives the words that each `$NAME` stands for."""
    import torch
    from PIL import Image

    def file(name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
        return str(folder / name)

    def saved(name: str, value: object) -> str:
        torch.save(value, folder / name)
        return str(folder / name)

    photo = folder / "photo.png"
    Image.new("RGB", (64, 48), "olive").save(photo)
    (folder / "empty").mkdir()
    with zipfile.ZipFile(folder / "broken.zip", "w") as archive:
        archive.writestr("archive/data.pkl", b"junk")
    (folder / "full").symlink_to("/dev/full")  # so that the device itself cannot be replaced
    words = {
        "FULL": str(folder / "full"),
        "ESC": "\x1b[31mred\x1b]0;title\x07",
        "NUL": "a\0b",
        "LONG": "x" * 5000,
        "PARENTHESES": "(" * 5000,
        "PHOTO": str(photo),
        "TRUNCATED": file("half.png", photo.read_bytes()[:80]),
        "JUNK": file("junk.pth", os.urandom(2000)),
        "EMPTY": file("empty.txt", ""),
        "EMPTY_FOLDER": str(folder / "empty"),
        "BROKEN_ZIP": str(folder / "broken.zip"),
        "BROKEN_JSON": file("broken.json", '{"schema": 1, "models": '),
        "LIST_JSON": file("list.json", "[1, 2]"),
        "DEEP_JSON": file("deep.json", "[" * 100_000),
        "CATEGORIES": file("categories.json", json.dumps(["daisy", "rose"])),
        "OUT": str(folder / "new-file"),
        "WHEELS": str(folder / "dist"),
        "CHECKPOINT": saved("checkpoint.pth", {"fc.weight": torch.zeros(2, 512)}),
        "OTHER_CHECKPOINT": saved("other.pth", {"backbone.w": torch.zeros(3), "x": torch.ones(1)}),
        "LIST_CHECKPOINT": saved("list.pth", [1, 2, 3]),
    }
    names: dict[str, list[str]] = {}
    for name, word in words.items():
        names["$" + name] = [word]
    names["$PACK"] = [one for word in PACK.split() for one in names.get(word, [word])]
    return names


def arguments(line: str, names: dict[str, list[str]]) -> list[str]:
    """The arguments of a command, with the names filled in."""
    found: list[str] = []
    for word in shlex.split(line):
        if word in names:
            found += names[word]
        else:
            for name in sorted(names, key=len, reverse=True):
                word = word.replace(name, names[name][0])
            found.append(word)
    return found


LINES = [line for line in COMMANDS.splitlines() if line and not line.startswith("#")]
